package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hcldec"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"
)

// gob makes a host speak gob.
func gob(o *Options) { o.ForceGob = true }

// TestComponents uses each kind of component of a plugin that does nothing wrong, over both encodings.
func TestComponents(t *testing.T) {
	for name, change := range map[string]func(*Options){"protobuf": func(*Options) {}, "gob": gob} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, "good", change)
			p := h.open()
			want := Description{
				Version: "1.2.3", SDKVersion: p.SDKVersion, APIVersion: "x5.0", Protobuf: true,
				Builders: []string{DefaultName}, Provisioners: []string{"step"}, PostProcessors: []string{"after"}, DataSources: []string{"data"},
			}
			if diff := cmp.Diff(want, p.Description); diff != "" {
				t.Errorf("description (-want +got):\n%s", diff)
			}
			c := p.Components()
			t.Run("builder", func(t *testing.T) { useBuilder(t, c) })
			t.Run("provisioner", func(t *testing.T) { useProvisioner(t, c) })
			t.Run("post-processor", func(t *testing.T) { usePostProcessor(t, c) })
			t.Run("data source", func(t *testing.T) { useDataSource(t, c) })
		})
	}
}

// sameSpec compares specifications by the type of value that they decode to, and what they require.
func sameSpec(t *testing.T, got, want hcldec.ObjectSpec) {
	t.Helper()
	if g, w := hcldec.ImpliedType(got), hcldec.ImpliedType(want); !g.Equals(w) {
		t.Errorf("specification of %#v, want %#v", g, w)
	}
	for name, spec := range want {
		if attr, ok := spec.(*hcldec.AttrSpec); ok && attr.Required != got[name].(*hcldec.AttrSpec).Required {
			t.Errorf("%s: required is %v", name, !attr.Required)
		}
	}
}

func useBuilder(t *testing.T, c Components) {
	b := c.Builders["test"]()
	sameSpec(t, b.ConfigSpec(), testSpec)
	config := cty.ObjectVal(map[string]cty.Value{"size": cty.NumberIntVal(1)})
	given := []any{map[string]string{"packer_build_name": "x"}, config}
	generated, warnings, err := b.Prepare(given...)
	if err != nil || len(warnings) > 0 || !cmp.Equal(generated, []string{"ImageID"}) {
		t.Errorf("Prepare gave %v, %v, %v", generated, warnings, err)
	}
	if _, ok := given[1].(cty.Value); !ok {
		t.Errorf("Prepare changed its caller's configuration into a %T", given[1])
	}

	var data any
	hook := hookFunc(func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator, d any) error {
		data = d
		ui.Say("provisioning")
		return c.Provisioners["test-step"]().Provision(ctx, ui, comm, map[string]any{"ID": "vm-1"})
	})
	ui := newTestUI()
	artifact, err := b.Run(t.Context(), ui, &packersdk.DispatchHook{Mapping: map[string][]packersdk.Hook{packersdk.HookProvision: {hook}}})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s %s %s %v %v",
		artifact.BuilderId(), artifact.Id(), artifact.Files(), artifact.State("size"), artifact.State("colour"))
	if want := "test.builder image-1 [/tmp/disk] 42 <nil>"; got != want {
		t.Errorf("artifact %s, want %s", got, want)
	}
	if values, ok := data.(map[any]any); !ok || values["ID"] != "vm-1" || fmt.Sprint(values["Port"]) != "22" {
		t.Errorf("the hook's data are %#v", data)
	}
	for _, want := range []string{"provisioning", "hello from the guest", "the run is "} {
		if !ui.has(want) {
			t.Errorf("%q was not said; said was %q", want, ui.said)
		}
	}
	if ui.said[0] == "the run is " {
		t.Error("the run has no id")
	}
	if err := errors.Join(artifact.Destroy(), b.(io.Closer).Close(), b.(io.Closer).Close()); err != nil {
		t.Error(err)
	}
	if artifact.Id() != "image-1" || artifact.State("size") != nil {
		t.Errorf("after the end the artifact says %q, %v", artifact.Id(), artifact.State("size"))
	}
	if err := artifact.Destroy(); err == nil {
		t.Error("removing the artifact after the end gave no error")
	}
}

func useProvisioner(t *testing.T, c Components) {
	p := c.Provisioners["test-step"]()
	sameSpec(t, p.ConfigSpec(), testSpec)
	if err := p.Prepare(map[string]string{}); err != nil {
		t.Error(err)
	}
	comm, ui := &packersdk.MockCommunicator{StartExitStatus: 0, StartStdout: "from the guest\n"}, newTestUI()
	if err := p.Provision(t.Context(), ui, comm, map[string]any{"ID": "vm-7"}); err != nil {
		t.Fatal(err)
	}
	if !ui.has("from the guest") || comm.UploadPath != "/tmp/x" || comm.UploadData != "vm-7" {
		t.Errorf("said %q, uploaded %q to %q", ui.said, comm.UploadData, comm.UploadPath)
	}
}

func usePostProcessor(t *testing.T, c Components) {
	p := c.PostProcessors["test-after"]()
	sameSpec(t, p.ConfigSpec(), testSpec)
	if err := p.Configure(map[string]string{}); err != nil {
		t.Error(err)
	}
	ui := newTestUI()
	a, keep, force, err := p.PostProcess(t.Context(), ui, &packersdk.MockArtifact{IdValue: "image-1"})
	if err != nil {
		t.Fatal(err)
	}
	if a.Id() != "image-1-packed" || !keep || force || !ui.has("post-processing image-1") {
		t.Errorf("artifact %q, keep %v, force %v, said %q", a.Id(), keep, force, ui.said)
	}
}

func useDataSource(t *testing.T, c Components) {
	d := c.DataSources["test-data"]()
	sameSpec(t, d.ConfigSpec(), testSpec)
	sameSpec(t, d.OutputSpec(), testSpec)
	if err := d.Configure(map[string]string{}); err != nil {
		t.Error(err)
	}
	got, err := d.Execute()
	if err != nil || !got.RawEquals(cty.ObjectVal(map[string]cty.Value{"size": cty.NumberIntVal(3)})) {
		t.Errorf("data %#v, %v", got, err)
	}
}

// TestNoise lets a builder print far more than anybody keeps, in the middle of its work.
func TestNoise(t *testing.T) {
	h := newHarness(t, "fills stderr")
	b := h.open().Components().Builders["test"]()
	artifact, err := b.Run(t.Context(), newTestUI(), &packersdk.DispatchHook{})
	if err != nil || artifact.Id() != "image-1" {
		t.Fatalf("artifact %v, %v", artifact, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	var bytes int
	for _, line := range h.lines {
		bytes += len(line)
	}
	if bytes < outputShown/2 || bytes > 2*outputShown {
		t.Errorf("%d bytes of output were passed on, want about %d", bytes, outputShown)
	}
	if !strings.Contains(strings.Join(h.lines, "\n"), "the rest is dropped") {
		t.Error("nothing tells that output was dropped")
	}
}

// TestCancel ends builds that listen to it, and one that does not.
func TestCancel(t *testing.T) {
	for _, tt := range []struct {
		mode, want, said string
	}{
		{"stops when told", "context canceled", "deleting what was made"},
		{"never stops", "did not end the build within 2s after it was told to", "building"},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			h := newHarness(t, tt.mode, func(o *Options) { o.Limits.Cancel = 2 * time.Second })
			b := h.open().Components().Builders["test"]()
			ctx, cancel := context.WithCancelCause(t.Context())
			ui := newTestUI()
			var err error
			within(t, time.Minute, func() {
				go func() {
					for !ui.has("building") {
						time.Sleep(time.Millisecond)
					}
					cancel(errors.New("enough"))
				}()
				_, err = b.Run(ctx, ui, &packersdk.DispatchHook{})
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !ui.has(tt.said) {
				t.Errorf("got %v, said %q; want %q and %q", err, ui.said, tt.want, tt.said)
			}
		})
	}
}

// TestCrashReachesTheHook lets the plugin die while the host provisions: the host must not go on, nor wait for a guest
// that is not there.
func TestCrashReachesTheHook(t *testing.T) {
	h := newHarness(t, "good")
	b := h.open().Components().Builders["test"]().(*builder)
	causes := make(chan error, 1)
	hook := hookFunc(func(ctx context.Context, _ packersdk.Ui, _ packersdk.Communicator, _ any) error {
		p, _ := os.FindProcess(b.proc.pid)
		_ = p.Kill()
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return ctx.Err()
	})
	var err error
	within(t, time.Minute, func() {
		_, err = b.Run(t.Context(), newTestUI(), &packersdk.DispatchHook{Mapping: map[string][]packersdk.Hook{packersdk.HookProvision: {hook}}})
	})
	const want = "was ended by signal 9 (killed) during the build"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	within(t, time.Minute, func() {
		if cause := <-causes; !strings.Contains(cause.Error(), want) {
			t.Errorf("the hook's context ended with %v, want %s", cause, want)
		}
	})
}

// TestOtherEnds covers the smaller ways of not getting a result.
func TestOtherEnds(t *testing.T) {
	t.Run("no artifact", func(t *testing.T) {
		a, err := newHarness(t, "stops without an artifact").open().Components().Builders["test"]().
			Run(t.Context(), newTestUI(), &packersdk.DispatchHook{})
		if a != nil || err != nil {
			t.Errorf("got %v, %v; want neither", a, err)
		}
	})
	t.Run("warnings are masked", func(t *testing.T) {
		_, warnings, err := newHarness(t, "warns").open().Components().Builders["test"]().Prepare()
		if err != nil || !cmp.Equal(warnings, []string{"the key *** is old"}) {
			t.Errorf("got %q, %v", warnings, err)
		}
	})
	t.Run("a provisioner crashes", func(t *testing.T) {
		err := newHarness(t, "crashes in the provisioning").open().Components().Provisioners["test-step"]().
			Provision(t.Context(), newTestUI(), &packersdk.MockCommunicator{}, nil)
		var fault *Error
		if !errors.As(err, &fault) || fault.Component != "provisioner step" || fault.What != "exited with 9 during the provisioning" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no data", func(t *testing.T) {
		_, err := newHarness(t, "has no data").open().Components().DataSources["test-data"]().Execute()
		if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "no data for ***") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("ended before it began", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		cancel(enough)
		_, err := newHarness(t, "good").open().Components().Builders["test"]().Run(ctx, newTestUI(), &packersdk.DispatchHook{})
		if !errors.Is(err, enough) {
			t.Errorf("got %v, want %v", err, enough)
		}
	})
	t.Run("the host is closed", func(t *testing.T) {
		h := newHarness(t, "good")
		p := h.open()
		used, unused := p.Components().Builders["test"](), p.Components().Builders["test"]()
		if err := errors.Join(used.(Starter).Start(), h.Close()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := used.Prepare(); err == nil || !strings.Contains(err.Error(), "during Prepare") {
			t.Errorf("a component that ran: %v", err)
		}
		if err := unused.(Starter).Start(); !errors.Is(err, errClosed) {
			t.Errorf("a new component: %v", err)
		}
		if _, err := h.Open("test", self(t)); !errors.Is(err, errClosed) {
			t.Errorf("a new plugin: %v", err)
		}
	})
	t.Run("a component that was closed before it began", func(t *testing.T) {
		b := newHarness(t, "good").open().Components().Builders["test"]()
		if err := b.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
		if _, _, err := b.Prepare(); !errors.Is(err, errClosed) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no such program", func(t *testing.T) {
		h := newHarness(t, "good")
		if _, err := h.Open("test", "/nonexistent/plugin"); err == nil || !strings.HasPrefix(err.Error(), `plugin "test": `) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a program that cannot run", func(t *testing.T) {
		h := newHarness(t, "good")
		path := t.TempDir() + "/plugin"
		if err := os.WriteFile(path, []byte("no program"), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Open("test", path); err == nil || !strings.Contains(err.Error(), "exec format error") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("another program under the same name", func(t *testing.T) {
		h := newHarness(t, "good")
		path := t.TempDir() + "/plugin"
		script := "#!/bin/sh\nexec " + self(t) + ` "$@"` + "\n"
		if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		p, err := h.Open("test", path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(script+"# and more\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		err = p.Components().Builders["test"]().(Starter).Start()
		if err == nil || !strings.Contains(err.Error(), "was replaced while it was in use: "+path) {
			t.Errorf("got %v", err)
		}
	})
}
