package cli

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/internal/testtools"
)

// pluginStep is an example of docs/plugins.md, or what happens between two of them.
var pluginStep = regexp.MustCompile("(?s)<!-- damage (\\S+) -->|```console\n.*?```")

// progressLine is what differs each time.
var progressLine = regexp.MustCompile(`(?m)^ +[0-9.]+s  install .*\n`)

// TestPluginsPage runs the examples of docs/plugins.md, in its order and in one folder.
func TestPluginsPage(t *testing.T) {
	file, err := filepath.Abs("../../../docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	program := testtools.IngotPlugin(t).Path
	server := releaseOfWindowsUpdate(t)
	home := t.TempDir()
	t.Chdir(home)
	if err := os.Symlink(program, "packer-plugin-ingot"); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"HOME": home, "INGOT_PLUGIN_MIRROR": server}

	made := pluginStep.ReplaceAllStringFunc(string(page), func(block string) string {
		if m := pluginStep.FindStringSubmatch(block); m[1] != "" {
			damage(t, filepath.Join(home, ".config/packer/plugins", m[1]))
			return block
		}
		var b strings.Builder
		b.WriteString("```console\n")
		for _, line := range strings.Split(block, "\n") {
			if command, ok := strings.CutPrefix(line, "$ ingot "); ok {
				var screen strings.Builder
				e := Env{Stdin: strings.NewReader(""), Stdout: &screen, Stderr: &screen, Getenv: func(name string) string { return env[name] }}
				if code := Main(t.Context(), e, strings.Fields(command)); code != ExitDone && code != ExitFailed {
					t.Errorf("ingot %s: exit code %d\n%s", command, code, screen.String())
				}
				text := progressLine.ReplaceAllString(screen.String(), "")
				text = strings.NewReplacer(home, "~", runtime.GOOS+"_"+runtime.GOARCH, "linux_amd64").Replace(text)
				fmt.Fprintf(&b, "%s\n%s", line, text)
			}
		}
		return b.String() + "```"
	})
	if *update {
		if err := os.WriteFile(file, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(made, "\n"), strings.Split(string(page), "\n")); diff != "" {
		t.Errorf("docs/plugins.md is not up to date (go test ./cmd/internal/cli -run PluginsPage -update):\n%s", diff)
	}
}

// damage adds a line to the plugin in a folder.
func damage(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "packer-plugin-*64"))
	if err != nil || len(files) != 1 {
		t.Fatalf("plugins in %s: %v, %v", folder, files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], append(data, "touch /tmp/evil\n"...), 0o755); err != nil {
		t.Fatal(err)
	}
}

// releaseOfWindowsUpdate serves a release of a plugin as GitHub does, and gives the server's address.
func releaseOfWindowsUpdate(t *testing.T) string {
	t.Helper()
	const version, repository = "0.16.10", "rgl/packer-plugin-windows-update"
	name := fmt.Sprintf("packer-plugin-windows-update_v%s_x5.0_%s_%s", version, runtime.GOOS, runtime.GOARCH)
	const script = `#!/bin/sh
test "$1" = describe || exit 1
echo '{"version":"` + version + `","api_version":"x5.0","provisioners":["-packer-default-plugin-name-"],"protocol_version":"v2"}'
`
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(script)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	folder := "/github.com/" + repository + "/releases/download/v" + version + "/"
	files := map[string][]byte{
		"/api.github.com/repos/" + repository + "/git/matching-refs/tags": []byte(`[{"ref":"refs/tags/v0.16.9"},{"ref":"refs/tags/v0.16.10"}]`),
		folder + "packer-plugin-windows-update_v" + version + "_SHA256SUMS": fmt.Appendf(nil, "%x  %s.zip\n",
			sha256.Sum256(archive.Bytes()), name),
		folder + name + ".zip": archive.Bytes(),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(data)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
