package difftest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/internal/testtools"
	"github.com/ingot-build/ingot/plugins/all"
)

// unlessShort skips the tests that run stock Packer, before anything is started.
func unlessShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("stock Packer takes a minute for all of them")
	}
	testtools.Packer(t)
}

// stock begins to run the template in dir by stock Packer. The function it returns waits for the end, and gives the error of
// each build that failed, by its name. The plugins are for provisioners that Packer does not have itself.
func stock(t *testing.T, dir string, plugins ...testtools.Plugin) func() (map[string]string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), testtools.Packer(t), "-machine-readable", "build", ".")
	cmd.Dir = dir
	cmd.Env = append(testtools.PackerEnv(t, testtools.PluginDir(t, plugins...)), "TMPDIR="+t.TempDir())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() (map[string]string, error) {
		err := cmd.Wait()
		failed := map[string]string{}
		for line := range strings.Lines(stdout.String()) {
			// time, build, type, data: what would be a comma or a new line inside of one is written otherwise
			parts := strings.SplitN(strings.TrimRight(line, "\n"), ",", 4)
			if len(parts) == 4 && parts[2] == "error" && parts[1] != "" {
				failed[parts[1]] = strings.NewReplacer("%!(PACKER_COMMA)", ",", `\n`, "\n", `\r`, "\r").Replace(parts[3])
			}
		}
		if (err != nil) != (len(failed) > 0) {
			return nil, fmt.Errorf("packer: %w\n%s%s", err, stdout.String(), stderr.String())
		}
		return failed, nil
	}
}

// own runs the template in dir by Ingot's core and provisioners, with results as stock has them.
func own(t *testing.T, dir string) map[string]string {
	t.Helper()
	reg := packercore.Registry{Builders: all.Builders(), Provisioners: all.Provisioners()}

	p, err := packercore.Prepare(t.Context(), reg, packercore.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	results, _ := p.Run(t.Context(), func(events.Event) {}) // the errors are in the results
	failed := map[string]string{}
	for _, r := range results {
		if r.Err == nil {
			continue
		}
		failed[r.Name] = r.Err.Error()
		var step *packercore.ProvisionError
		if errors.As(r.Err, &step) {
			failed[r.Name] = step.Err.Error() // what it says beside that is for another test
		}
	}
	return failed
}

// write writes files below dir.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
