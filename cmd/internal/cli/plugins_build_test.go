package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/internal/testtools"
)

// pluginWorld is a user's home with a plugin in it, under a name of its own: so its components are not those that are linked in.
type pluginWorld struct {
	t    *testing.T
	home string
}

func newPluginWorld(t *testing.T) *pluginWorld {
	t.Helper()
	program := testtools.StockPlugin(t).Path
	// A home whose path is short enough for the sockets of plugins.
	home, err := os.MkdirTemp("", "home")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	w := &pluginWorld{t: t, home: home}
	if out, code := w.run(t.Context(), "plugins", "install", "--path", program, "example.com/acme/other"); code != ExitDone {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	return w
}

// run gives what a terminal would show, and the exit code.
func (w *pluginWorld) run(ctx context.Context, args ...string) (string, int) {
	w.t.Helper()
	var screen strings.Builder
	env := Env{Stdin: strings.NewReader(""), Stdout: &screen, Stderr: &screen, Getenv: func(name string) string {
		return map[string]string{"HOME": w.home}[name]
	}}
	code := Main(ctx, env, args)
	return screen.String(), code
}

// template writes a Packer template that uses the plugin, with one provisioner.
func (w *pluginWorld) template(version, inline string) string {
	w.t.Helper()
	path := filepath.Join(w.home, "t.pkr.hcl")
	text := strings.NewReplacer("VERSION", version, "INLINE", inline, "HOME", w.home).Replace(`packer {
  required_plugins {
    other = {
      source  = "example.com/acme/other"
      version = "VERSION"
    }
  }
}

variable "word" {
  type      = string
  sensitive = true
  default   = "swordfish"
}

source "other-file" "x" {
  content = "hello"
  target  = "HOME/out.txt"
}

build {
  sources = ["source.other-file.x"]
  provisioner "other-shell-local" {
    inline = ["INLINE"]
  }
}
`)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// nothingLeft fails the test if a build left something behind.
func (w *pluginWorld) nothingLeft() {
	w.t.Helper()
	if out, code := w.run(w.t.Context(), "clean"); code != ExitDone || !strings.Contains(out, "nothing was left behind") {
		w.t.Errorf("clean: exit code %d\n%s", code, out)
	}
	if left, _ := os.ReadDir(filepath.Join(w.home, ".local/state/ingot/plugins")); len(left) > 0 {
		w.t.Errorf("left behind: %v", left)
	}
}

func TestBuildWithPlugins(t *testing.T) {
	w := newPluginWorld(t)
	t.Run("done", func(t *testing.T) {
		out, code := w.run(t.Context(), "build", w.template(">= 0.1.0", "echo the word is ${var.word}"))
		if code != ExitDone || !strings.Contains(out, "the word is ***") || strings.Contains(out, "swordfish") {
			t.Errorf("exit code %d\n%s", code, out)
		}
		if made, err := os.ReadFile(filepath.Join(w.home, "out.txt")); string(made) != "hello" {
			t.Errorf("made %q, %v", made, err)
		}
		w.nothingLeft()
	})
	t.Run("failed", func(t *testing.T) {
		out, code := w.run(t.Context(), "build", w.template(">= 0.1.0", "echo no ${var.word}; exit 7"))
		if code != ExitFailed || !strings.Contains(out, "no ***") || strings.Contains(out, "swordfish") ||
			!strings.Contains(out, "provisioner other-shell-local failed: it exited with 7") {
			t.Errorf("exit code %d\n%s", code, out)
		}
		w.nothingLeft()
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		begun := filepath.Join(w.home, "begun")
		go func() {
			for ctx.Err() == nil {
				if _, err := os.Stat(begun); err == nil {
					cancel(errors.New("enough"))
				}
				time.Sleep(time.Millisecond)
			}
		}()
		out, code := w.run(ctx, "build", w.template(">= 0.1.0", "touch "+begun+"; sleep 600"))
		if code != ExitCancelled {
			t.Errorf("exit code %d\n%s", code, out)
		}
		w.nothingLeft()
	})
	t.Run("the plugin dies", func(t *testing.T) {
		// The parent of a local shell's parent is the provisioner's plugin; it is killed, and so never answers.
		out, code := w.run(t.Context(), "build", w.template(">= 0.1.0", "kill -9 $(cut -d' ' -f4 /proc/$PPID/stat)"))
		if code != ExitFailed || !strings.Contains(out, `plugin "other" (provisioner shell-local) was ended by signal 9 (killed)`) {
			t.Errorf("exit code %d\n%s", code, out)
		}
		w.nothingLeft()
	})
	t.Run("a plugin with the name of what is linked in", func(t *testing.T) {
		program := filepath.Join(w.home, "program")
		const script = "#!/bin/sh\ntest $1 = describe || exit 1\n" +
			`echo '{"version":"9.0.0","api_version":"x5.0","provisioners":["-packer-default-plugin-name-"]}'`
		if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		if out, code := w.run(t.Context(), "plugins", "install", "--path", program, "example.com/acme/shell-local"); code != ExitDone {
			t.Fatalf("exit code %d\n%s", code, out)
		}
		path := w.template(">= 0.1.0", "echo hello")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.Replace(text, []byte("other-shell-local"), []byte("shell-local"), 1)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		if out, code := w.run(t.Context(), "build", path); code != ExitDone {
			t.Errorf("exit code %d\n%s", code, out)
		}
	})
	t.Run("another version", func(t *testing.T) {
		path := w.template("~> 3.0", "true")
		out, code := w.run(t.Context(), "build", path)
		for _, want := range []string{
			`error: plugin "other" is not installed: example.com/acme/other ~> 3.0`, path + ":3:13 asks for it",
			"other 0.1.0: another version is required", "fix:  ingot plugins install example.com/acme/other '~> 3.0'",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("not said: %s", want)
			}
		}
		if code != ExitHost {
			t.Errorf("exit code %d\n%s", code, out)
		}
	})
	t.Run("a damaged plugin", func(t *testing.T) {
		damage(t, filepath.Join(w.home, ".config/packer/plugins/example.com/acme/other"))
		out, code := w.run(t.Context(), "build", w.template(">= 0.1.0", "true"))
		if code != ExitHost || !strings.Contains(out, "it is not the file that was installed") {
			t.Errorf("exit code %d\n%s", code, out)
		}
	})
}
