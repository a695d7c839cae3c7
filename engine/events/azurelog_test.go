package events

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// builtRun is a run as the engine tells it, with one of everything.
var builtRun = []Event{
	{State: &State{Phase: Running, Title: "web"}},
	{Step: "customize[0]", State: &State{Phase: Pending, Title: "customize[0] nginx"}},
	{Step: "resolve", State: &State{Phase: Running, Title: "resolve"}},
	{Step: "resolve", Progress: &Progress{What: "download nginx.conf", Done: 10, Total: 2048, Unit: "bytes"}},
	{Step: "resolve", Progress: &Progress{What: "download nginx.conf", Done: 2048, Total: 2048, Unit: "bytes"}},
	{Step: "resolve", Progress: &Progress{What: "wait", Done: 3, Unit: "checks"}},
	{Step: "resolve", State: &State{Phase: Done, Title: "resolve", Elapsed: 340 * time.Millisecond}},
	{Step: "customize[0]", Mark: &Mark{Command: "modprobe x", Kind: "modules", Why: "a container may load none", At: "web.json:3:9"}},
	{Step: "boot", State: &State{Phase: Running, Title: "boot", Detail: "TCG: software emulation"}},
	{Step: "boot", Output: &Output{Stream: Console, Text: "[    0.000000] Linux version 6.1.0"}},
	{Step: "boot", Output: &Output{Stream: Say, Text: "Connected to SSH!"}},
	{Step: "boot", State: &State{Phase: Done, Title: "boot", Elapsed: 12345 * time.Millisecond}},
	{Step: "customize[0]", State: &State{Phase: Running, Title: "customize[0] nginx", Provisioner: "shell"}},
	{Step: "customize[0]", Output: &Output{Stream: Say, Text: "Provisioning with shell script: files/0.sh"}},
	{Step: "customize[0]", Output: &Output{Stream: Stdout, Text: "Setting up nginx ...  "}},
	{Step: "customize[0]", Output: &Output{Stream: Stdout}},
	{Step: "customize[0]", Output: &Output{Stream: Stderr, Text: "debconf: 100% unable: %s %d"}},
	{Step: "customize[0]", State: &State{Phase: Done, Title: "customize[0] nginx", Provisioner: "shell", Elapsed: time.Minute}},
}

func TestCustomizationLog(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  []Event
	}{
		{"succeeded", []Event{
			{Step: "distribute[0]", RunOutput: &RunOutput{Name: "vhd", Type: "VHD", ArtifactURI: "file:///g/web.vhd", Path: "/g/web.vhd"}},
			{State: &State{Phase: Done, Title: "web", Elapsed: 75 * time.Second}},
		}},
		{"failed", []Event{
			{Step: "customize[1]", State: &State{Phase: Running, Title: "customize[1]", Provisioner: "shell"}},
			{Step: "customize[1]", State: &State{
				Phase: Failed, Title: "customize[1]", Detail: "exited with 127", Provisioner: "shell", Elapsed: time.Second,
			}},
			{Step: "write disk", State: &State{Phase: Failed, Title: "write disk", Elapsed: time.Second}},
			{Problem: &Problem{
				What:  "customizer \"site\" exited with 127",
				Where: "web.json:36, step customize[1]", Why: "sh: nginx: not found\nsh: giving up", Fix: "ingot logs 3f2a",
				Findings: []Finding{
					{What: "the disk is full", Why: "a command said so", Fix: "make it larger", Lines: []string{"one", "two"}},
					{What: "/tmp is mounted with noexec"},
				},
			}},
			{State: &State{Phase: Failed, Title: "web", Elapsed: 75 * time.Second}},
		}},
		{"cancelled", []Event{
			{Step: "customize[1]", State: &State{Phase: Cancelled, Title: "customize[1]", Provisioner: "shell", Elapsed: time.Second}},
			{Step: "boot", State: &State{Phase: Cancelled, Title: "boot", Elapsed: time.Second}},
			{State: &State{Phase: Cancelled, Title: "web", Elapsed: 75 * time.Second}},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got bytes.Buffer
			now := time.Date(2026, 11, 21, 8, 59, 57, 0, time.UTC)
			tick := func() time.Time { now = now.Add(time.Second); return now }
			sink := Serial("3f2a9c1e", CustomizationLog(&got, "3f2a9c1e", "ingot-qemu"), tick)
			for _, e := range append(builtRun[:len(builtRun):len(builtRun)], tt.end...) {
				sink(e)
			}
			file := "testdata/" + tt.name + ".customization.log"
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("run again with -update if this is wanted (-want +got):\n%s", diff)
			}
			for line := range strings.Lines(got.String()) { // also for continued lines: the log is searched by run
				if !strings.HasPrefix(line, "[3f2a9c1e] PACKER ") {
					t.Errorf("line without its prefix: %q", line)
				}
			}
		})
	}
}

// fullAfter is a disk with room for n more lines.
type fullAfter struct {
	n   int
	got strings.Builder
}

var errFull = errors.New("no space left on device")

func (f *fullAfter) Write(p []byte) (int, error) {
	if f.n == 0 {
		f.n = 1000 // there is room again, but the log has a hole by now
		return 0, errFull
	}
	f.n--
	return f.got.Write(p)
}

func TestCustomizationLogEndsAtTheFirstError(t *testing.T) {
	disk := &fullAfter{n: 2}
	sink := CustomizationLog(disk, "3f2a9c1e", "ingot-qemu")
	for _, text := range []string{"one", "two", "three", "four"} {
		sink(Event{Output: &Output{Stream: Say, Text: text}})
	}
	if n := strings.Count(disk.got.String(), "\n"); n != 2 || strings.Contains(disk.got.String(), "four") {
		t.Errorf("wrote %q, want the first two lines", disk.got.String())
	}
}

// A log is printed to terminals, and a guest prints what it likes.
func TestLogIsPrintable(t *testing.T) {
	var b strings.Builder
	sink := CustomizationLog(&b, "3f2a", "qemu")
	for _, text := range []string{"\x1b]0;owned\x07\x1b[31mred", "10%\r20%", "\u009b2J", "\x9b2J\xff\x00", "tab\tand \u007f", "é日"} {
		sink(Event{Output: &Output{Stream: Stdout, Text: text}})
		sink(Event{Problem: &Problem{What: text}})
	}
	for _, r := range b.String() {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			t.Fatalf("%q is in the log:\n%q", r, b.String())
		}
	}
	for _, want := range []string{"␛]0;owned␇␛[31mred", "10%␍20%", "\uFFFD2J\uFFFD␀", "tab\tand ␡", "é日"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, b.String())
		}
	}
}
