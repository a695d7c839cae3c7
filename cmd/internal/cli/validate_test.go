package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const goodTemplate = `{
  "type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "location": "westeurope",
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id": {}}},
  "properties": {
    "source": {"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest"},
    "distribute": [{"type": "VHD", "runOutputName": "disk"}]
  }
}
`

// ingot runs a command line in the current folder and returns what it prints.
func ingot(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	env := Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
	code = Main(t.Context(), env, args)
	return code, out.String(), errs.String()
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestValidateMany looks at 10,000 files, of which some are broken.
func TestValidateMany(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "good.txt", goodTemplate)
	write(t, "bad.txt", strings.Replace(goodTemplate, "distribute", "distributes", 1))
	const n = 10_000
	bad := 0
	for i := range n {
		from := "good.txt"
		if i%100 == 7 {
			from = "bad.txt"
			bad++
		}
		if err := os.MkdirAll(fmt.Sprintf("%02d", i/1000), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(from, fmt.Sprintf("%02d/%05d.json", i/1000, i)); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := ingot(t, "validate", "--severity", "error", "--shellcheck", "off")
	if code != ExitTemplate || strings.Count(stdout, " is valid") != n-bad {
		t.Fatalf("exit code %d, %d are valid: %.1000s", code, strings.Count(stdout, " is valid"), stderr)
	}
	last := ""
	for l := range strings.Lines(stdout) {
		name, _, _ := strings.Cut(l, ":")
		if name <= last {
			t.Fatalf("%s comes behind %s", name, last)
		}
		last = name
	}
	if want := fmt.Sprintf(" in %d of %d files\n", bad, n); !strings.HasSuffix(stderr, want) {
		t.Errorf("it ends with %q, not with %q", stderr[max(0, len(stderr)-200):], want)
	}
}

// TestSARIFOfRealTemplates holds what is found in real image templates against the schema of the format.
func TestSARIFOfRealTemplates(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../view/testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	folders := []string{"../../../examples"}
	if corpus := "../../../../shared/corpus/json"; exists(corpus) {
		folders = append(folders, corpus)
	} else {
		t.Log("the corpus is not here; only the examples are looked at")
	}
	code, stdout, stderr := ingot(t, append([]string{"validate", "--format", "sarif", "--shellcheck", "off"}, folders...)...)
	if code != ExitDone && code != ExitTemplate || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(stdout))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("%#v", err)
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// Every format says the same about the same files.
func TestFormatsAgree(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.json", "// a comment\n"+goodTemplate)
	write(t, "b.json", strings.Replace(goodTemplate, "distribute", "distributes", 1))
	type findings struct{ Diagnostics []struct{ Code string } }
	var all findings
	_, stdout, _ := ingot(t, "validate", ".", "--format", "json")
	if err := json.Unmarshal([]byte(stdout), &all); err != nil || len(all.Diagnostics) < 2 {
		t.Fatalf("%v: %s", err, stdout)
	}
	for format, mark := range map[string]string{"sarif": `"ruleId": "%s"`, "github": "title=%s,", "text": "[%s]\n"} {
		code, stdout, stderr := ingot(t, "validate", ".", "--format", format)
		if code != ExitTemplate {
			t.Errorf("%s: exit code %d", format, code)
		}
		want := map[string]int{}
		for _, d := range all.Diagnostics {
			want[d.Code]++
		}
		for code, n := range want {
			if got := strings.Count(stdout+stderr, fmt.Sprintf(mark, code)); got != n {
				t.Errorf("%s: %s is there %d times, want %d", format, code, got, n)
			}
		}
	}
}

// screen collects what is printed, and lets a test wait for a text.
type screen struct {
	mu   sync.Mutex
	text string
	news chan struct{}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text += string(p)
	select {
	case s.news <- struct{}{}:
	default:
	}
	return len(p), nil
}

// until waits until the n-th occurrence of a text.
func (s *screen) until(t *testing.T, text string, n int) {
	t.Helper()
	timeout := time.After(time.Minute)
	for {
		s.mu.Lock()
		now := s.text
		s.mu.Unlock()
		if strings.Count(now, text) >= n {
			return
		}
		select {
		case <-s.news:
		case <-timeout:
			t.Fatalf("%q is not there %d times:\n%s", text, n, now)
		}
	}
}

func TestWatch(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "images/a.json", goodTemplate)
	write(t, "images/.git/x", "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := &screen{news: make(chan struct{}, 1)}
	env := Env{Stdin: strings.NewReader(""), Stdout: s, Stderr: s, Getenv: func(string) string { return "" }}
	ended := make(chan int)
	go func() {
		ended <- Main(ctx, env, []string{"validate", "images", "--watch", "--severity", "error", "--shellcheck", "off"})
	}()
	s.until(t, "watching 1 folder; Ctrl-C ends", 1)

	write(t, "images/a.json", strings.Replace(goodTemplate, "distribute", "distributes", 1))
	s.until(t, `"distributes"`, 1)

	// As editors do it: a new file in place of the old one.
	write(t, "images/a.json.new", goodTemplate)
	if err := os.Rename("images/a.json.new", "images/a.json"); err != nil {
		t.Fatal(err)
	}
	s.until(t, "is valid", 2)

	// A new folder is watched too, and new settings count.
	write(t, "images/below/b.json", goodTemplate)
	s.until(t, "watching 2 folders", 1)
	s.until(t, "images/below/b.json: image template", 1)
	write(t, "images/ingot.hcl", "valdate {}")
	s.until(t, "ING1904", 1)

	// A change elsewhere is none.
	s.mu.Lock()
	s.text = ""
	s.mu.Unlock()
	write(t, "images/.git/y", "")
	write(t, "images/out.txt", "")
	write(t, "images/below/b.json", strings.Replace(goodTemplate, "distribute", "distributes", 1))
	s.until(t, "Ctrl-C ends", 1)

	cancel()
	if code := <-ended; code != ExitDone {
		t.Errorf("exit code %d", code)
	}
	if strings.Contains(s.text, "\x1b") {
		t.Errorf("a screen that is none was cleared: %q", s.text)
	}
}

// A template cannot have the files of this machine shown.
func TestScriptsStayInside(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "secret.sh", "if true\n")
	write(t, "project/scripts/near.sh", "if true\n")
	write(t, "elsewhere/one.sh", "if true\n")
	write(t, "elsewhere/a/two.sh", "if true\n")
	write(t, "elsewhere/b/two.sh", "if true\n")
	if err := os.Symlink("../../secret.sh", "project/scripts/link.sh"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../secret.sh", "elsewhere/linked.sh"); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	const sum = "41f8394111eb713a22165c46c90ab8f0fd9399c92028fd6d288944b23ff5bf76" // of another text
	for _, tt := range []struct {
		name, uri, sum string
		found          string // "" if it is not
	}{
		{"beside", "scripts/near.sh", "", "project/scripts/near.sh"},
		{"beside, as a URI", "file://" + here + "/project/scripts/near.sh", "", "project/scripts/near.sh"},
		{"in the folder of scripts, as a URI", "file://" + here + "/elsewhere/one.sh", "", "elsewhere/one.sh"},
		{"above", "../secret.sh", "", ""},
		{"above, as a path", here + "/secret.sh", "", ""},
		{"above, as a URI", "file://" + here + "/secret.sh", "", ""},
		{"a link that leads out", "scripts/link.sh", "", ""},
		{"published", "https://example.com/x/one.sh?sig=abc", "", "elsewhere/one.sh"},
		{"published, by a name of two", "https://example.com/two.sh", "", ""},
		{"published, a link that leads out", "https://example.com/linked.sh", "", ""},
		{"published, another text", "https://example.com/one.sh", sum, ""},
		{"published, unknown", "https://example.com/three.sh", "", ""},
		{"a folder", "https://example.com/", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reader := newScriptFinder(func(string) string { return "" }).of("project/t.json", "elsewhere")
			file, data, ok := reader.read(tt.uri, tt.sum)
			if ok != (tt.found != "") || ok && (file != tt.found || string(data) != "if true\n") {
				t.Errorf("%v %q %q", ok, file, data)
			}
		})
	}
	reader := newScriptFinder(func(string) string { return "" }).of("-", "")
	if _, _, ok := reader.read("secret.sh", ""); ok {
		t.Error("a template from standard input read a file")
	}
}

// What an earlier build has downloaded is looked into; nothing is written.
func TestDownloadedScripts(t *testing.T) {
	t.Chdir(t.TempDir())
	const sum = "2f8ff9f2d8ae0ca1d8b6e9b6a2ea9b3d1b27bbd1e2c1c24b4b0b6b0a3a9c6d11"
	cache := t.TempDir()
	getenv := func(name string) string {
		if name == "XDG_CACHE_HOME" {
			return cache
		}
		return "/nowhere"
	}
	text := "if true\n"
	raw := sha256.Sum256([]byte(text))
	have := hex.EncodeToString(raw[:])
	write(t, filepath.Join(cache, "ingot", "downloads", "sha256", have), text)
	write(t, filepath.Join(cache, "ingot", "downloads", "sha256", sum), "harmed")
	f := newScriptFinder(getenv)
	if file, data, ok := f.of("t.json", "").read("https://user:pw@example.com/a.sh?sig=secret#x", strings.ToUpper(have)); !ok ||
		file != "https://example.com/a.sh" || string(data) != text {
		t.Errorf("%v %q %q", ok, file, data)
	}
	if _, _, ok := f.of("t.json", "").read("https://example.com/a.sh", sum); ok {
		t.Error("a harmed download was taken")
	}
	if _, _, ok := f.of("t.json", "").read("https://example.com/a.sh", "../../x"); ok {
		t.Error("a checksum that is none was taken")
	}
	err := filepath.WalkDir(cache, func(name string, d fs.DirEntry, err error) error {
		if err == nil && strings.Contains(name, "partial") {
			t.Errorf("%s was made", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A script of 50 MB is not read, and that is said. One in the encoding of Windows is.
func TestUnusualScripts(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "t.json", strings.Replace(goodTemplate, `"distribute"`, `"customize": [
      {"type": "Shell", "scriptUri": "https://example.com/large.sh"},
      {"type": "Shell", "scriptUri": "https://example.com/wide.sh"},
      {"type": "Shell", "scriptUri": "https://example.com/binary.sh"}
    ], "distribute"`, 1))
	write(t, "s/large.sh", "#!/bin/sh\n")
	if err := os.Truncate("s/large.sh", 50_000_000); err != nil {
		t.Fatal(err)
	}
	write(t, "s/wide.sh", "\xff\xfe#\x00!\x00/\x00b\x00i\x00n\x00/\x00s\x00h\x00\n\x00")
	write(t, "s/binary.sh", "\x7fELF\x02\x01\x00\x00\x00\x03")
	_, stdout, stderr := ingot(t, "validate", "t.json", "--scripts", "s", "--format", "json", "--shellcheck", "off")
	var got struct {
		Diagnostics []struct {
			Code, Summary, Path string
			Range               struct{ File string }
		}
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	about := map[string]string{}
	for _, d := range got.Diagnostics {
		about[d.Range.File+" "+d.Path] += d.Code + ": " + d.Summary + "\n"
	}
	if text := about["t.json properties.customize[0].scriptUri"]; !strings.Contains(text, "ING1905: the script has 48 MiB, and was not looked into") {
		t.Errorf("the large one: %v", about)
	}
	for _, file := range []string{"s/wide.sh properties.customize[1].scriptUri", "s/binary.sh properties.customize[2].scriptUri"} {
		if about[file] == "" {
			t.Errorf("nothing is said about %s: %v", file, about)
		}
	}
}

// A parameter file that nobody can read is no reason to pass over all templates.
func TestLargeParameterFile(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "images/t.json", goodTemplate)
	write(t, "p.json", "{}")
	if err := os.Truncate("p.json", 17<<20); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := ingot(t, "validate", "images", "--param-file", "p.json"); code != ExitTemplate || !strings.Contains(stderr, "larger than 16 MiB") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
