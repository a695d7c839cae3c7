package packercore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/plugins/provtest"
)

// oneShell is a build with one shell step whose file has no checksum to keep: it lies beside the template, not in files/.
const oneShell = `
variable "token" {
  type      = string
  default   = "s3cret-token"
  sensitive = true
}
source "fake" "image" {}
build {
  sources = ["source.fake.image"]
  # properties.customize[0]
  provisioner "shell" {
    name        = "install"
    script      = "${path.root}/install.sh"
    remote_file = "install.sh"
    %s
  }
}
`

func shellRig(t *testing.T, attrs string, rules ...provtest.Rule) *rig {
	r := newRig(t, map[string]string{
		"image.pkr.hcl": strings.Replace(oneShell, "%s", attrs, 1),
		"install.sh":    "#!/bin/sh\ntrue\n",
	})
	r.builder.guest.Rules = rules
	return r
}

// script is a part of the command that runs the script of oneShell.
const script = "chmod +x /tmp/install.sh"

func TestBuild(t *testing.T) {
	r := shellRig(t, `env = { HOST = build.Host, PORT = build.Port, COLOUR = build.Colour, NAME = source.name }`,
		provtest.Rule{Contains: script, Stdout: "one\ntoken s3cret-token, key AAAAsecretlineAAAA, password hunter22", Stderr: "careful\n"})
	got, err := r.build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != "disk.qcow2" || !slices.Equal(got.Files, []string{"disk.qcow2"}) || got.State("format") != "qcow2" {
		t.Errorf("artifact %+v", got)
	}
	// Standard output and standard error race in any process; their lines are compared apart.
	lines := r.lines()
	i := slices.Index(lines, "provisioner[0]: stderr| careful")
	if i < 0 {
		t.Fatalf("standard error was lost:\n%s", strings.Join(lines, "\n"))
	}
	lines = slices.Delete(lines, i, i+1)
	if diff := cmp.Diff([]string{
		"boot: running  (slowly)",
		"boot: console| Linux version 6.1",
		"boot: say| waiting for the guest",
		"boot: guest 1/3 checks",
		"boot: done ",
		"provisioner[0]: running install",
		"provisioner[0]: say| Provisioning with shell script: " + r.dir + "/install.sh",
		"provisioner[0]: stdout| one",
		"provisioner[0]: stdout| token ***, key ***, password ***",
		"provisioner[0]: done install",
	}, lines); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	ran := strings.Join(r.builder.guest.Commands(), "\n")
	for _, want := range []string{"HOST='127.0.0.1'", "PORT='2222'", "COLOUR='teal'", "NAME='image'"} {
		if !strings.Contains(ran, want) {
			t.Errorf("the script did not get %s:\n%s", want, ran)
		}
	}
}

// The builder is told what Packer's core tells one.
func TestCoreVars(t *testing.T) {
	r := newRig(t, map[string]string{"image.pkr.hcl": `
variable "disk" {}
variable "list" { default = ["a"] }
variable "key" {
  default   = "k1"
  sensitive = true
}
source "fake" "image" {
  note = "${var.disk} ${source.type}"
  size = 2
}
build { sources = ["fake.image"] }
`})
	r.opts.Vars = map[string]string{"disk": "/x.qcow2"}
	r.opts.OnError = packercore.OnErrorAbort
	if err := packercore.Validate(t.Context(), r.reg, r.opts); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{
		"packer_build_name": "image", "packer_builder_type": "fake", "packer_core_version": "1.9.4",
		"packer_debug": false, "packer_force": false, "packer_on_error": "abort", "packer_template_path": r.dir,
		"packer_user_variables":      map[string]string{"disk": "/x.qcow2", "key": "k1"},
		"packer_sensitive_variables": []string{"k1"},
	}, r.builder.raws[0]); diff != "" {
		t.Errorf("core variables (-want +got):\n%s", diff)
	}
	config := r.builder.raws[1].(cty.Value)
	if got := config.GetAttr("note").AsString(); got != "/x.qcow2 fake" {
		t.Errorf("note is %q", got)
	}
}

func TestFailures(t *testing.T) {
	boom := errors.New("boom")
	for _, tc := range []struct {
		name, attrs string
		rules       []provtest.Rule
		want        packercore.ProvisionError // Err is not compared
		message     string
	}{
		{
			"a script that fails", "", []provtest.Rule{{Contains: script, Exit: 127}},
			packercore.ProvisionError{Build: "fake.image", Step: "provisioner[0]", Type: "shell", Name: "install", ExitCode: 127},
			`provisioner 0 (shell "install") exited with 127`,
		},
		{
			"a guest that goes away", "", []provtest.Rule{{Contains: script, Exit: packersdk.CmdDisconnect}},
			packercore.ProvisionError{Build: "fake.image", Step: "provisioner[0]", Type: "shell", Name: "install", ExitCode: -1, Disconnected: true},
			`provisioner 0 (shell "install") failed: the connection to the build VM was lost while a command ran: ` +
				`it rebooted, or stopped answering`,
		},
		{
			"a guest that takes no command", `start_retry_timeout = "1ns"`, []provtest.Rule{{Contains: script, Err: boom}},
			packercore.ProvisionError{Build: "fake.image", Step: "provisioner[0]", Type: "shell", Name: "install", ExitCode: -1},
			`provisioner 0 (shell "install") failed: boom`,
		},
		{
			"a script that never ends", `timeout = "20ms"`, []provtest.Rule{{Contains: script, Hang: true}},
			packercore.ProvisionError{Build: "fake.image", Step: "provisioner[0]", Type: "shell", Name: "install", ExitCode: -1},
			`provisioner 0 (shell "install") failed: it ran longer than its timeout of 20ms`,
		},
		{
			"all tries used up", `max_retries = 2`, []provtest.Rule{{Contains: script, Times: 3, Exit: 9}},
			packercore.ProvisionError{Build: "fake.image", Step: "provisioner[0]", Type: "shell", Name: "install", ExitCode: 9},
			`provisioner 0 (shell "install") exited with 9`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := shellRig(t, tc.attrs, tc.rules...)
			got, err := r.build(t.Context())
			var failed *packercore.ProvisionError
			if !errors.As(err, &failed) {
				t.Fatalf("got %+v and %v, want a ProvisionError", got, err)
			}
			if err.Error() != tc.message {
				t.Errorf("message %q, want %q", err, tc.message)
			}
			had := *failed
			had.Err = nil
			if diff := cmp.Diff(tc.want, had); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if !strings.HasPrefix(last(r.lines()), "provisioner[0]: failed install (") {
				t.Errorf("the last event is %q", last(r.lines()))
			}
			if !r.builder.cleaned {
				t.Error("the builder did not clean up")
			}
		})
	}
}

func TestRetry(t *testing.T) {
	r := shellRig(t, `max_retries = 2`, provtest.Rule{Contains: script, Times: 2, Exit: 1})
	if _, err := r.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := "provisioner[0]: say| install: Script exited with non-zero exit status: 1. Allowed exit codes are: [0]; " +
		"trying again, 1 left"; !r.saw(want) {
		t.Errorf("missing %q:\n%s", want, strings.Join(r.lines(), "\n"))
	}
}

func TestCancel(t *testing.T) {
	stop := errors.New("stopped by the user")
	for _, tc := range []struct {
		name string
		set  func(r *rig, cancel func())
		last string
	}{
		{
			"before the build", func(_ *rig, cancel func()) { cancel() }, "",
		},
		{
			"while it boots", func(r *rig, cancel func()) { r.builder.boot = cancel }, "boot: done ",
		},
		{
			"during an upload", func(r *rig, cancel func()) {
				r.builder.guest.OnUpload = r.builder.guest.Hanging(cancel)
			},
			"provisioner[0]: cancelled install (stopped by the user)",
		},
		{
			"during a script", func(r *rig, cancel func()) {
				r.builder.guest.Rules = []provtest.Rule{{Contains: script, Hang: true, Then: cancel}}
			},
			"provisioner[0]: cancelled install (stopped by the user)",
		},
		{
			// Packer's provisioner waits for this command under a context of its own, and tries it again for five minutes.
			"during the clean-up after a script", func(r *rig, cancel func()) {
				r.builder.guest.Rules = []provtest.Rule{{Contains: "rm -f /tmp/install.sh", Hang: true, Then: cancel}}
			},
			"provisioner[0]: cancelled install (stopped by the user)",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			r := shellRig(t, "")
			tc.set(r, func() { cancel(stop) })
			got, err := r.build(ctx)
			if got != nil || err != stop {
				t.Errorf("got %+v and %v, want the cause", got, err)
			}
			if last(r.lines()) != tc.last {
				t.Errorf("the last event is %q, want %q", last(r.lines()), tc.last)
			}
			if tc.last != "" && !r.builder.cleaned {
				t.Error("the builder did not clean up")
			}
		})
	}
}

// A context that the builder ended itself, since its machine died, is a failure of the step, not a cancellation.
// It counts for more than what the provisioner saw of it, a connection that was lost, even if that was seen first.
func TestMachineDies(t *testing.T) {
	died := errors.New("qemu was killed")
	for name, dies := range map[string]func(cancel func()) provtest.Rule{
		"under a script":      func(cancel func()) provtest.Rule { return provtest.Rule{Hang: true, Then: cancel} },
		"with the connection": func(cancel func()) provtest.Rule { return provtest.Rule{Exit: packersdk.CmdDisconnect, Then: cancel} },
		"after the connection": func(cancel func()) provtest.Rule {
			return provtest.Rule{Exit: packersdk.CmdDisconnect, Then: func() { time.AfterFunc(50*time.Millisecond, cancel) }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := shellRig(t, "")
			r.reg.Builders["fake"] = func() packersdk.Builder { return &dyingBuilder{r.builder, died, dies} }
			_, err := r.build(t.Context())
			var failed *packercore.ProvisionError
			if !errors.As(err, &failed) || !errors.Is(err, died) {
				t.Errorf("got %v, want a ProvisionError with the cause", err)
			}
			if want := "provisioner[0]: failed install (failed: qemu was killed)"; last(r.lines()) != want {
				t.Errorf("the last event is %q, want %q", last(r.lines()), want)
			}
		})
	}
}

type dyingBuilder struct {
	*fakeBuilder
	cause error
	dies  func(cancel func()) provtest.Rule
}

func (b *dyingBuilder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	rule := b.dies(func() { cancel(b.cause) })
	rule.Contains = script
	b.guest.Rules = []provtest.Rule{rule}
	return b.fakeBuilder.Run(ctx, ui, hook)
}

func TestPanics(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"ConfigSpec", "provisioner panic-ConfigSpec panicked: no spec"},
		{"Prepare", "provisioner panic-Prepare panicked: not prepared for that"},
		{"Provision", "provisioner panic-Provision panicked: no way"},
	} {
		t.Run(tc.in, func(t *testing.T) {
			r := newRig(t, map[string]string{"image.pkr.hcl": `
source "fake" "image" {}
build {
  sources = ["source.fake.image"]
  provisioner "panic-` + tc.in + `" {}
}
`})
			_, err := r.build(t.Context())
			var panicked *packercore.PanicError
			if !errors.As(err, &panicked) {
				t.Fatalf("got %v, want a PanicError", err)
			}
			if panicked.Error() != tc.want || !strings.Contains(panicked.Stack, "panicker") {
				t.Errorf("got %q with the stack\n%s", panicked, panicked.Stack)
			}
		})
	}
	t.Run("builder", func(t *testing.T) {
		r := shellRig(t, "")
		r.builder.boot = func() { panic("no machine") }
		_, err := r.build(t.Context())
		if err == nil || err.Error() != "builder fake panicked: no machine" {
			t.Errorf("got %v", err)
		}
	})
}

func TestBuilderStops(t *testing.T) {
	r := shellRig(t, "")
	r.builder.mute = true
	if got, err := r.build(t.Context()); got != nil || err == nil {
		t.Errorf("got %+v and %v, want an error", got, err)
	}
}

func last(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[len(lines)-1]
}
