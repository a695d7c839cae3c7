package build_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/plugins/powershell"
	"github.com/ingot-build/ingot/plugins/provtest/sshguest"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/plan"
)

// The line of the image template below where the customizer under test is written; the next one has the line after it.
const firstLine = 9

// generalizes stands for the line of the step that generalizes the machine, which is in no image template.
const generalizes = -1

// badTemplate is an image template with two customizers, each on a line of its own: the one under test, and one that leaves a mark.
const badTemplate = `{
  "type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "location": "westeurope",
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {}
  }},
  "properties": {
    "source": {"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest"},
    "customize": [
      %s,
      {"type": "Shell", "name": "next", "inline": ["echo the next one > /tmp/next"]}
    ],
    "distribute": [{"type": "ManagedImage", "runOutputName": "image", "location": "westeurope",
      "imageId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/web"}]
  }
}
`

// badRun is a build of badTemplate on a guest behind SSH.
type badRun struct {
	*bench
	m      *sshguest.Machine
	err    error
	wentOn bool // the customizer after it ran
}

// runBad builds with one customizer, given as JSON, and files beside the image template, on a machine that is prepared so.
func runBad(t *testing.T, customizer string, files map[string]string, prepare ...func(*sshguest.Machine) error) *badRun {
	t.Helper()
	m := sshguest.New(t)
	for _, do := range prepare {
		if err := do(m); err != nil {
			t.Fatal(err)
		}
	}
	r := runBadOn(t, m.Communicator(t), fmt.Sprintf(badTemplate, customizer), files, false)
	_, err := os.Stat(filepath.Join(m.Tmp, "next"))
	r.m, r.wentOn = m, err == nil
	return r
}

// runBadOn builds an image template on any machine, with the step that generalizes it or without.
func runBadOn(t *testing.T, comm packersdk.Communicator, template string, files map[string]string, generalize bool) *badRun {
	t.Helper()
	b := newBench(t)
	b.comm = comm
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(b.root(), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, list := translate.Translate(translate.Source{File: "web.json", Data: []byte(template)}, translate.Options{})
	if list.HasErrors() {
		t.Fatal(list)
	}
	b.plan = p
	if p.OS == plan.Windows {
		b.target.Vars = map[string]string{"winrm_username": "packer", "winrm_password": "secret word"}
		b.provisioners["powershell"] = func() packersdk.Provisioner { return hasty{powershell.New()} }
	}
	if !generalize {
		p.Steps = p.Steps[1 : len(p.Steps)-1]
	}
	r := &badRun{bench: b}
	_, r.err = b.run(t.Context()) // it checks that nothing is left behind
	return r
}

// shell is a Shell customizer with one inline command.
func shell(command string) string {
	text, err := json.Marshal(command)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"type": "Shell", "name": "bad", "inline": [%s]}`, text)
}

const script = `{"type": "Shell", "name": "bad", "scriptUri": "bad.sh"}`

// fails checks that the customizer in a line of the template is said to have failed, and what else is said.
func (r *badRun) fails(t *testing.T, line int, want ...string) {
	t.Helper()
	var failed *build.RunError
	if !errors.As(r.err, &failed) {
		t.Fatalf("got %v, want a failure", r.err)
	}
	p := failed.Problem
	place := fmt.Sprintf("web.json:%d:", line)
	if line == generalizes {
		place = "step generalize"
	}
	if !strings.HasPrefix(p.Where, place) {
		t.Errorf("where is %q, want %s", p.Where, place)
	}
	if !strings.Contains(p.Fix, "ingot logs "+r.ran) {
		t.Errorf("the fix does not name the log: %q", p.Fix)
	}
	text := p.What + "\n" + p.Why
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not said in:\n%s", w, text)
		}
	}
	if r.wentOn && line == firstLine {
		t.Error("the next customizer ran")
	}
}

// succeeds checks that the build came to its end.
func (r *badRun) succeeds(t *testing.T) {
	t.Helper()
	if r.err != nil {
		t.Fatal(r.err)
	}
	if !r.wentOn {
		t.Error("the next customizer did not run")
	}
}

// log reads the journal of the run: what the customizer under test printed, and what was said of its script before.
func (r *badRun) log(t *testing.T) []events.Output {
	t.Helper()
	var out []events.Output
	for e, err := range r.store.Events(t.Context(), r.ran, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Output != nil && (e.Step == "customize[0]" || e.Step == "resolve") {
			out = append(out, *e.Output)
		}
	}
	return out
}

// lines is the log as text.
func (r *badRun) lines(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for _, o := range r.log(t) {
		fmt.Fprintf(&text, "%s|%s\n", o.Stream, o.Text)
	}
	return text.String()
}

// utf16 is ASCII text in UTF-16, little end first, with a byte order mark.
func utf16(text string) string {
	out := []byte{0xff, 0xfe}
	for _, c := range []byte(text) {
		out = append(out, c, 0)
	}
	return string(out)
}

// Scripts that are written in other ways than a Linux expects. Each customizer is one of an image template, and runs in a real shell.
func TestBadScripts(t *testing.T) {
	const good = "#!/bin/sh\nset -e\necho it ran as $0\n"
	for _, tc := range []struct {
		name, script string
		fails        []string // what the error says; nil: it succeeds
		printed      string   // what is in the log
	}{
		{"Windows line ends", strings.ReplaceAll(good, "\n", "\r\n"), nil, "stdout|it ran as /tmp/script_"},
		{"no end of line", strings.TrimSuffix(good, "\n"), nil, "stdout|it ran as /tmp/script_"},
		{"byte order mark", "\ufeff" + good, nil, "byte order mark"},
		{"UTF-16", utf16(good), []string{`customizer "bad" exited with`}, "UTF-16"},
		{"nothing in it", "", nil, ""},
		{"a program that does not exist", "#!/usr/bin/no-such-program\n", []string{`customizer "bad" exited with 127`}, "not found"},
		{"a program for another machine", "\x7fELF\x02\x01\x01", []string{`customizer "bad" exited with`}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := runBad(t, script, map[string]string{"bad.sh": tc.script})
			if tc.fails == nil {
				r.succeeds(t)
			} else {
				r.fails(t, firstLine, tc.fails...)
			}
			if got := r.lines(t); !strings.Contains(got, tc.printed) {
				t.Errorf("the log has no %q:\n%s", tc.printed, got)
			}
		})
	}
}

// A script of 100 MB arrives as it is, and its end is reached.
func TestLargeScript(t *testing.T) {
	if testing.Short() {
		t.Skip("100 MB take seconds")
	}
	text := "#!/bin/sh\nsha256sum <$0\nexit 0\n" + strings.Repeat("data without an end of line, ", 100<<20/29)
	r := runBad(t, script, map[string]string{"bad.sh": text})
	r.succeeds(t)
	if want := fmt.Sprintf("stdout|%x", sha256.Sum256([]byte(text))); !strings.Contains(r.lines(t), want) {
		t.Errorf("another script ran: %s", r.lines(t))
	}
}

// What a script prints is in the log in a form that does no harm, and that bounds what it takes.
func TestBadOutput(t *testing.T) {
	t.Run("binary", func(t *testing.T) {
		t.Parallel()
		r := runBad(t, shell(`head -c 3000000 /dev/urandom; printf '\033]0;owned\007\233\n'; echo end`), nil)
		r.succeeds(t)
		log := r.log(t)
		for _, o := range log {
			if !utf8.ValidString(o.Text) {
				t.Fatalf("%.40q is no UTF-8", o.Text)
			}
		}
		if end := log[len(log)-1].Text; end != "end" {
			t.Errorf("the log ends with %q", end)
		}
	})
	t.Run("a gigabyte", func(t *testing.T) {
		if testing.Short() {
			t.Skip("a gigabyte takes seconds")
		}
		t.Parallel()
		r := runBad(t, shell(`echo first; yes "one of very many lines, each of them with sixty-three letters" | head -c 1073741824
echo; echo last; exit 3`), nil)
		r.fails(t, firstLine, "exited with 3", "last line: last")
		log, size, gap := r.log(t), 0, false
		for _, o := range log {
			size += len(o.Text)
			gap = gap || o.Stream == events.Say && strings.Contains(o.Text, "bytes of output are left out here")
		}
		if size > 64<<20 || log[1].Text != "first" {
			t.Errorf("%d bytes are in the log, which begins with %q", size, log[:2])
		}
		if !gap {
			t.Error("the log does not say that it has a gap")
		}
	})
	t.Run("one line of 64 MiB", func(t *testing.T) {
		t.Parallel()
		r := runBad(t, shell(`head -c 67108864 /dev/zero | tr '\0' x`), nil)
		r.succeeds(t)
		for _, o := range r.log(t) {
			if len(o.Text) > 16<<10 {
				t.Fatalf("a line of the log has %d bytes", len(o.Text))
			}
		}
	})
	t.Run("nobody reads", func(t *testing.T) {
		t.Parallel()
		r := runBad(t, shell(`exec >&-; echo into nothing`), nil)
		r.fails(t, firstLine, "exited with")
	})
}

// A script that ends what it runs in.
func TestBadEnds(t *testing.T) {
	for _, tc := range []struct {
		name, command string
		want          []string
	}{
		{"kills itself", "echo going; kill -9 $$", []string{"exited with 137", "last line: "}},
		{"kills all that it may", "echo going; kill -9 -1; sleep 100", []string{"exited with 137"}},
		{
			"the connection is cut", "echo going; touch /tmp/" + sshguest.DropFile,
			[]string{"the connection to the build VM was lost", "last line: going"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := runBad(t, shell(tc.command), nil)
			r.fails(t, firstLine, tc.want...)
			if !strings.Contains(r.lines(t), "stdout|going") {
				t.Errorf("the log lost what was printed:\n%s", r.lines(t))
			}
		})
	}
}

// A File customizer whose destination is no place for a file.
func TestBadDestinations(t *testing.T) {
	file := func(destination string) string {
		return fmt.Sprintf(`{"type": "File", "name": "bad", "sourceUri": "page.html", "destination": %q}`, destination)
	}
	for _, tc := range []struct {
		name, destination string
		fails             string
		there             string // where the file is, below /tmp
	}{
		{name: "a folder", destination: "/tmp/folder", fails: "/tmp/folder: Is a directory"},
		// As in the service: scp takes the folder's name for the file's.
		{name: "below a folder that does not exist", destination: "/tmp/none/page.html", there: "none"},
		{name: "below two folders that do not exist", destination: "/tmp/none/none/page.html", fails: "/tmp/none/none: No such file"},
		{name: "below a file", destination: "/tmp/file/page.html", fails: "/tmp/file"},
		{name: "where the build user may not write", destination: "/tmp/closed/page.html", fails: "ermission denied"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := runBad(t, file(tc.destination), nil, func(m *sshguest.Machine) error {
				return errors.Join(
					os.Mkdir(filepath.Join(m.Tmp, "folder"), 0o777), os.Chmod(filepath.Join(m.Tmp, "folder"), 0o777),
					os.Mkdir(filepath.Join(m.Tmp, "closed"), 0o755),
					os.WriteFile(filepath.Join(m.Tmp, "file"), nil, 0o666),
				)
			})
			if tc.fails != "" {
				r.fails(t, firstLine, tc.fails)
			} else {
				r.succeeds(t)
			}
			if tc.there != "" {
				if want := "the build VM has no folder /tmp/" + tc.there; !strings.Contains(r.lines(t), want) {
					t.Errorf("the log does not say %q:\n%s", want, r.lines(t))
				}
				if _, err := os.Stat(filepath.Join(r.m.Tmp, tc.there)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
