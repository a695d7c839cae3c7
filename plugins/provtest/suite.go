package provtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/shell"
	"github.com/zclconf/go-cty/cty"
)

// Subject is a provisioner under test.
type Subject struct {
	New func() packersdk.Provisioner
	// Config is the HCL of a block that takes the file at path, on this machine, to the guest.
	Config func(path string) string
	// Path is where Config puts the file on the guest. It may be "" for a provisioner that puts nothing else there.
	Path string
	// Runs, when it is not "", is a part of the command that runs the file there. The command's output and exit code are then
	// the provisioner's; other commands are its own affairs.
	Runs string
}

// awkward is content that a careless copy changes: bytes that are no UTF-8, a NUL, letters that Unicode can write in two ways,
// and no newline at the end.
const awkward = "#!/bin/sh\necho \xff\xfe \x00 e\u0301 \u00e9\necho end"

// Run checks what packercore relies on, each as a subtest.
func Run(t *testing.T, s Subject) {
	t.Run("takes nothing it does not know", func(t *testing.T) {
		body := parse(t, s.Config("x")+"\nno_such_attribute = 1\n")
		_, diags := hcldec.Decode(body, s.New().ConfigSpec(), nil)
		if !diags.HasErrors() || !strings.Contains(diags.Error(), "no_such_attribute") {
			t.Errorf("got %v, want an error that names the attribute", diags)
		}
	})
	t.Run("a missing file is an error", func(t *testing.T) {
		missing := filepath.Join(t.TempDir(), "missing.sh")
		err := prepare(t, s, s.New(), missing)
		if err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("got %v, want an error that names %s", err, missing)
		}
	})
	t.Run("the content arrives as it is", func(t *testing.T) {
		var arrived []byte
		g := &Guest{}
		g.Rules = []Rule{{Contains: s.Runs, Then: func() { arrived = arrival(t, s, g) }}}
		if err := provision(t, t.Context(), s, g, &UI{}); err != nil {
			t.Fatal(err)
		}
		if s.Runs == "" {
			arrived = arrival(t, s, g)
		}
		if !bytes.Equal(arrived, []byte(awkward)) {
			t.Errorf("arrived %q, want %q", arrived, awkward)
		}
	})
	t.Run("prepared twice it works once", func(t *testing.T) {
		g, p, path := &Guest{}, s.New(), write1(t)
		for range 2 {
			if err := prepare(t, s, p, path); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Provision(t.Context(), &UI{}, g, nil); err != nil {
			t.Fatal(err)
		}
		runs := slices.DeleteFunc(g.Commands(), func(c string) bool { return s.Runs == "" || !strings.Contains(c, s.Runs) })
		if s.Runs != "" && len(runs) != 1 {
			t.Errorf("ran %q, want one run", runs)
		}
	})
	t.Run("a refused copy is an error", func(t *testing.T) {
		refused := errors.New("no space left on guest")
		err := provision(t, t.Context(), s, &Guest{OnUpload: func(string) error { return refused }}, &UI{})
		if err == nil || !strings.Contains(err.Error(), refused.Error()) {
			t.Errorf("got %v, want %v", err, refused)
		}
	})
	t.Run("it ends when the guest is gone during a copy", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		g := &Guest{}
		g.OnUpload = g.Hanging(func() { cancel(); g.Close() })
		if err := provision(t, ctx, s, g, &UI{}); err == nil {
			t.Error("got no error")
		}
	})
	if s.Runs != "" {
		runCommand(t, s)
	}
}

// runCommand checks a provisioner that runs what it took to the guest.
func runCommand(t *testing.T, s Subject) {
	t.Run("a non-zero exit is an error with the code", func(t *testing.T) {
		err := provision(t, t.Context(), s, &Guest{Rules: []Rule{{Contains: s.Runs, Exit: 127}}}, &UI{})
		var exit *shell.ErrorInvalidExitCode
		if !errors.As(err, &exit) || exit.Code != 127 {
			t.Errorf("got %v, want exit code 127", err)
		}
	})
	t.Run("a lost connection is an error", func(t *testing.T) {
		g := &Guest{Rules: []Rule{{Contains: s.Runs, Exit: packersdk.CmdDisconnect}}}
		if err := provision(t, t.Context(), s, g, &UI{}); err == nil {
			t.Error("got no error")
		}
	})
	t.Run("output comes line by line", func(t *testing.T) {
		g := &Guest{Rules: []Rule{{Contains: s.Runs, Stdout: "one\n\ntwo\r\nno newline", Stderr: "bad\nworse\n"}}}
		ui := &UI{}
		if err := provision(t, t.Context(), s, g, ui); err != nil {
			t.Fatal(err)
		}
		said := ui.Said()
		said = said[max(0, len(said)-4):] // before them come words of the provisioner's own
		if diff := cmp.Diff([]string{"one", "", "two", "no newline"}, said); diff != "" {
			t.Errorf("standard output (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"bad", "worse"}, ui.Errors()); diff != "" {
			t.Errorf("standard error (-want +got):\n%s", diff)
		}
	})
	t.Run("it ends when it is cancelled during a command", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		g := &Guest{Rules: []Rule{{Contains: s.Runs, Stdout: "working\n", Hang: true, Then: cancel}}}
		// Closed only after the provisioner has returned: it must not need that.
		t.Cleanup(g.Close)
		if err := provision(t, ctx, s, g, &UI{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
}

// provision prepares a new provisioner with a file of awkward content and runs it.
func provision(t *testing.T, ctx context.Context, s Subject, g *Guest, ui *UI) error {
	t.Helper()
	p := s.New()
	if err := prepare(t, s, p, write1(t)); err != nil {
		t.Fatal(err)
	}
	return p.Provision(ctx, ui, g, nil)
}

// prepare decodes the subject's configuration as the core does, and prepares p with it.
func prepare(t *testing.T, s Subject, p packersdk.Provisioner, path string) error {
	t.Helper()
	config := Decode(t, p, s.Config(path))
	return p.Prepare(map[string]any{"packer_build_name": "image", "packer_builder_type": "test"}, config)
}

// Decode evaluates the HCL of a block by the component's own specification.
func Decode(t *testing.T, c packersdk.HCL2Speccer, text string) cty.Value {
	t.Helper()
	config, diags := hcldec.Decode(parse(t, text), c.ConfigSpec(), nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return config
}

func parse(t *testing.T, text string) hcl.Body {
	t.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(text), "config.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return f.Body
}

func write1(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "step.sh")
	if err := os.WriteFile(path, []byte(awkward), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// arrival returns what the guest has of the subject's file.
func arrival(t *testing.T, s Subject, g *Guest) []byte {
	files := g.Files()
	if s.Path != "" {
		return files[s.Path]
	}
	if len(files) != 1 {
		t.Error(fmt.Errorf("the guest has %d files, want 1", len(files)))
	}
	for _, content := range files {
		return content
	}
	return nil
}
