package packercore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hcldec"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/packercore/hcl2"
	"github.com/ingot-build/ingot/plugins/all"
)

// newStockRig is a rig with the components of stock Packer; the builds of its templates run one after another.
func newStockRig(t *testing.T, template string) *rig {
	r := newRig(t, map[string]string{"image.pkr.hcl": template})
	r.reg = stockRegistry()
	r.opts.Parallel = 1
	t.Chdir(r.dir)
	return r
}

func (r *rig) run(ctx context.Context) ([]packercore.Result, error) {
	p, err := packercore.Prepare(ctx, r.reg, r.opts)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	return p.Run(ctx, func(e events.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	})
}

// states gives the lines that are about phases.
func (r *rig) states() []string {
	return slices.DeleteFunc(r.lines(), func(line string) bool { return strings.Contains(line, "| ") })
}

const twoSources = `
source "null" "a" { communicator = "none" }
source "null" "b" { communicator = "none" }
`

// The steps of several builds begin with their names; a failure of one stops no other.
func TestSeveralBuilds(t *testing.T) {
	r := newStockRig(t, twoSources+`
build {
  name    = "web"
  sources = ["null.a", "null.b"]
  provisioner "shell-local" {
    only   = ["null.a"]
    inline = ["echo broken; exit 3"]
  }
  provisioner "shell-local" {
    name   = "say"
    inline = ["echo fine"]
  }
  error-cleanup-provisioner "shell-local" { inline = ["exit 4"] }
  post-processors {
    post-processor "manifest" {}
    post-processor "checksum" {}
  }
  post-processor "manifest" { name = "again" }
}
`)
	p, err := packercore.Prepare(t.Context(), r.reg, r.opts)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if diff := cmp.Diff([]packercore.Step{
		{ID: "web.null.a/provisioner[0]", Title: "web.null.a: shell-local"},
		{ID: "web.null.a/provisioner[1]", Title: "web.null.a: say"},
		{ID: "web.null.a/post-processors[0][0]", Title: "web.null.a: manifest"},
		{ID: "web.null.a/post-processors[0][1]", Title: "web.null.a: checksum"},
		{ID: "web.null.a/post-processor[1]", Title: "web.null.a: again"},
		{ID: "web.null.b/provisioner[1]", Title: "web.null.b: say"},
		{ID: "web.null.b/post-processors[0][0]", Title: "web.null.b: manifest"},
		{ID: "web.null.b/post-processors[0][1]", Title: "web.null.b: checksum"},
		{ID: "web.null.b/post-processor[1]", Title: "web.null.b: again"},
	}, p.Steps()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	results, err := r.run(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	var failed *packercore.ProvisionError
	if !errors.As(results[0].Err, &failed) || failed.Build != "web.null.a" || failed.Step != "web.null.a/provisioner[0]" || failed.ExitCode != 3 {
		t.Errorf("the first build: %+v", results[0].Err)
	}
	if want := "error-cleanup-provisioner (shell-local) exited with 4"; !strings.Contains(err.Error(), want) {
		t.Errorf("the error does not say %q: %v", want, err)
	}
	if results[1].Err != nil || results[1].Name != "web.null.b" || len(results[1].Artifacts) != 2 {
		t.Errorf("the second build: %+v", results[1])
	}
	if diff := cmp.Diff([]string{
		"web.null.a/provisioner[0]: running web.null.a: shell-local",
		"web.null.a/provisioner[0]: failed web.null.a: shell-local (exited with 3)",
		"web.null.a/error-cleanup-provisioner: running web.null.a: shell-local",
		"web.null.a/error-cleanup-provisioner: failed web.null.a: shell-local (exited with 4)",
		"web.null.b/provisioner[1]: running web.null.b: say",
		"web.null.b/provisioner[1]: done web.null.b: say",
		"web.null.b/post-processors[0][0]: running web.null.b: manifest",
		"web.null.b/post-processors[0][0]: done web.null.b: manifest",
		"web.null.b/post-processors[0][1]: running web.null.b: checksum",
		"web.null.b/post-processors[0][1]: done web.null.b: checksum",
		"web.null.b/post-processor[1]: running web.null.b: again",
		"web.null.b/post-processor[1]: done web.null.b: again",
	}, r.states()); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

// A build that is cancelled did not fail, so error-cleanup-provisioner does not run; builds that have not begun do not begin.
func TestCancelSeveral(t *testing.T) {
	r := newStockRig(t, twoSources+`
build {
  sources = ["null.a", "null.b"]
  provisioner "shell-local" { inline = ["touch began", "exec sleep 60"] }
  error-cleanup-provisioner "shell-local" { inline = ["echo cleanup"] }
}
`)
	stop := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	began := false
	p, err := packercore.Prepare(ctx, r.reg, r.opts)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	results, err := p.Run(ctx, func(e events.Event) {
		if strings.Contains(e.Step, "cleanup") || strings.HasPrefix(e.Step, "null.b") {
			t.Errorf("event of step %s", e.Step)
		}
		if e.State != nil && e.State.Phase == events.Running && !began {
			began = true
			cancel(stop)
		}
	})
	if err != stop || !began {
		t.Errorf("got %v, want the cause alone", err)
	}
	for _, res := range results {
		if res.Err != stop {
			t.Errorf("%s: %v", res.Name, res.Err)
		}
	}
}

// Somebody who is asked may have a step tried again, with the provisioners before it.
func TestAsk(t *testing.T) {
	for _, tc := range []struct {
		answers []string
		fails   bool
		states  []string
	}{
		// The SDK remembers that there was an error, as its question warns.
		{[]string{"r"}, true, []string{
			"provisioner[0]: running shell-local", "provisioner[0]: done shell-local",
			"provisioner[1]: running shell-local", "provisioner[1]: failed shell-local (exited with 1)",
			"provisioner[0]: running shell-local", "provisioner[0]: done shell-local",
			"provisioner[1]: running shell-local", "provisioner[1]: done shell-local",
			"error-cleanup-provisioner: running shell-local", "error-cleanup-provisioner: done shell-local",
		}},
		{[]string{"x", "c"}, true, []string{
			"provisioner[0]: running shell-local", "provisioner[0]: done shell-local",
			"provisioner[1]: running shell-local", "provisioner[1]: failed shell-local (exited with 1)",
			"error-cleanup-provisioner: running shell-local", "error-cleanup-provisioner: done shell-local",
		}},
		{[]string{"a"}, true, []string{
			"provisioner[0]: running shell-local", "provisioner[0]: done shell-local",
			"provisioner[1]: running shell-local", "provisioner[1]: failed shell-local (exited with 1)",
		}},
		{nil, true, []string{ // nobody is there: clean up
			"provisioner[0]: running shell-local", "provisioner[0]: done shell-local",
			"provisioner[1]: running shell-local", "provisioner[1]: failed shell-local (exited with 1)",
			"error-cleanup-provisioner: running shell-local", "error-cleanup-provisioner: done shell-local",
		}},
	} {
		t.Run(strings.Join(tc.answers, " then "), func(t *testing.T) {
			r := newStockRig(t, `
source "null" "a" { communicator = "none" }
build {
  sources = ["null.a"]
  provisioner "shell-local" { inline = ["true"] }
  provisioner "shell-local" { inline = ["if [ -e tried ]; then exit 0; fi", "touch tried", "exit 1"] }
  error-cleanup-provisioner "shell-local" { inline = ["true"] }
}
`)
			r.opts.OnError = packercore.OnErrorAsk
			if tc.answers != nil {
				answers := tc.answers
				r.opts.Ask = func(_ context.Context, question string) (string, error) {
					if !strings.Contains(question, "retry") || len(answers) == 0 {
						return "", fmt.Errorf("unexpected question %q", question)
					}
					answer := answers[0]
					answers = answers[1:]
					return answer, nil
				}
			}
			_, err := r.run(t.Context())
			if (err != nil) != tc.fails {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(tc.states, r.states()); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
		})
	}
}

// Neither a sensitive value nor what a local makes of it is in an event or in a message about the template.
func TestSecretsAreMasked(t *testing.T) {
	r := newStockRig(t, `
variable "token" { sensitive = true }
locals { header = base64encode("user:${var.token}") }
source "null" "a" { communicator = "none" }
build {
  name    = "b"
  sources = ["null.a"]
  provisioner "shell-local" {
    name   = "use ${var.token}"
    inline = ["echo token ${var.token}", "echo header ${local.header}", "echo 1>&2 ${var.token}"]
  }
}
`)
	r.opts.Vars = map[string]string{"token": "hunter2-hunter2"}
	if _, err := r.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(r.lines(), "\n")
	for _, secret := range []string{"hunter2", "dXNlcjpodW50ZXIyLWh1bnRlcjI="} {
		if strings.Contains(all, secret) {
			t.Errorf("%q was shown:\n%s", secret, all)
		}
	}
	for _, want := range []string{"token ***", "header ***", "use ***"} {
		if !strings.Contains(all, want) {
			t.Errorf("missing %q:\n%s", want, all)
		}
	}

	r = newStockRig(t, `
variable "token" { sensitive = true }
source "null" "a" { communicator = "none" }
build {
  sources = ["null.a"]
  provisioner "shell-local" { script = file(var.token) }
}
`)
	r.opts.Vars = map[string]string{"token": "hunter2-hunter2"}
	if _, err := r.run(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "***") {
		t.Errorf("the message is %v", err)
	}
}

// ticker is a data source that counts how often it was asked.
type ticker struct {
	asked  *int
	config cty.Value
}

func (*ticker) ConfigSpec() hcldec.ObjectSpec {
	return hcldec.ObjectSpec{"start": &hcldec.AttrSpec{Name: "start", Type: cty.Number, Required: true}}
}

func (*ticker) OutputSpec() hcldec.ObjectSpec {
	return hcldec.ObjectSpec{"text": &hcldec.AttrSpec{Name: "text", Type: cty.String}}
}

func (d *ticker) Configure(raws ...any) error {
	d.config = raws[0].(cty.Value)
	if n, _ := d.config.GetAttr("start").AsBigFloat().Int64(); n < 0 {
		return errors.New("start is negative")
	}
	return nil
}

func (d *ticker) Execute() (cty.Value, error) {
	*d.asked++
	if n, _ := d.config.GetAttr("start").AsBigFloat().Int64(); n > 100 {
		return cty.NilVal, errors.New("the service says no")
	}
	return cty.ObjectVal(map[string]cty.Value{"text": cty.StringVal("tick " + d.config.GetAttr("start").AsBigFloat().String())}), nil
}

func TestDataSources(t *testing.T) {
	const template = `
variable "start" { default = 1 }
data "ticker" "x" { start = var.start }
locals { text = "<${data.ticker.x.text}>" }
source "null" "a" { communicator = "none" }
build {
  sources = ["null.a"]
  provisioner "shell-local" { inline = ["echo '${local.text}' '${data.ticker.x.text}'"] }
}
`
	asked := 0
	set := func(r *rig) {
		r.reg.DataSources = map[string]func() packersdk.Datasource{
			"ticker": func() packersdk.Datasource { return &ticker{asked: &asked} },
		}
	}
	r := newStockRig(t, template)
	set(r)
	if err := packercore.Validate(t.Context(), r.reg, r.opts); err != nil || asked != 0 {
		t.Errorf("validate: %v, and asked %d times", err, asked)
	}
	if _, err := r.run(t.Context()); err != nil || asked != 1 || !r.saw("provisioner[0]: say| <tick 1> tick 1") {
		t.Errorf("run: %v, asked %d times:\n%s", err, asked, strings.Join(r.lines(), "\n"))
	}
	for _, tc := range []struct{ name, start, want string }{
		{"refused by Configure", "-1", "image.pkr.hcl:3:1: data source ticker: start is negative"},
		{"fails", "101", "image.pkr.hcl:3:1: data source ticker: the service says no"},
		{"type", "soon", "image.pkr.hcl:2:1: variable \"start\" cannot be \"soon\": it is not a value of type number"},
	} {
		r := newStockRig(t, template)
		set(r)
		r.opts.Vars = map[string]string{"start": tc.start}
		if _, err := r.run(t.Context()); err == nil || !strings.HasSuffix(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %s", tc.name, err, tc.want)
		}
	}
	r = newStockRig(t, strings.ReplaceAll(template, "ticker", "tiker"))
	set(r)
	if _, err := r.run(t.Context()); err == nil ||
		!strings.Contains(err.Error(), `image.pkr.hcl:3:6: no data source is called "tiker"; did you mean "ticker"? known: "ticker"`) {
		t.Errorf("an unknown one: %v", err)
	}
}

// remote is a component as one in a process of its own looks.
type remote struct {
	packersdk.Provisioner
	mu    *sync.Mutex
	calls *[]string
	fails error
}

func (c *remote) note(call string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*c.calls = append(*c.calls, call)
}

func (c *remote) Start() error {
	c.note("start")
	return c.fails
}

func (c *remote) Close() error {
	c.note("close")
	return nil
}

// Installed plugins are asked for what is not linked in, come before it, and are started and closed.
func TestPlugins(t *testing.T) {
	const template = `
packer {
  required_plugins {
    ingot = {
      source  = "github.com/ingot-build/ingot"
      version = ">= 0.1.0"
    }
    cloud = {
      source  = "github.com/example/cloud"
      version = "~> 1.2"
    }
  }
}
source "null" "a" { communicator = "none" }
build {
  sources = ["null.a"]
  provisioner "cloud-shell" { inline = ["echo hello"] }
}
`
	var mu sync.Mutex
	var calls, wanted []string
	rigFor := func(fails error) *rig {
		calls, wanted = nil, nil
		r := newStockRig(t, template)
		r.reg.Linked = map[string]string{"github.com/ingot-build/ingot": "0.2.0"}
		r.reg.Plugins = func(_ context.Context, list []hcl2.PluginRequirement) (packercore.Registry, error) {
			for _, p := range list {
				wanted = append(wanted, p.Name+" "+p.Source+" "+p.Constraint)
			}
			return packercore.Registry{Provisioners: map[string]func() packersdk.Provisioner{
				"cloud-shell": func() packersdk.Provisioner {
					return &remote{Provisioner: all.Provisioners()["shell-local"](), mu: &mu, calls: &calls, fails: fails}
				},
			}}, nil
		}
		return r
	}
	r := rigFor(nil)
	if _, err := r.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"cloud github.com/example/cloud ~> 1.2"}, wanted); diff != "" {
		t.Errorf("wanted (-want +got):\n%s", diff)
	}
	// Once to see that it takes its configuration, once to run.
	if diff := cmp.Diff([]string{"start", "close", "start", "close"}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	r = rigFor(errors.New("its handshake was no handshake"))
	if _, err := r.run(t.Context()); err == nil || !strings.HasSuffix(err.Error(), "image.pkr.hcl:17:3: its handshake was no handshake") {
		t.Errorf("a plugin that does not start: %v", err)
	}
	r = rigFor(nil)
	r.reg.Plugins = func(context.Context, []hcl2.PluginRequirement) (packercore.Registry, error) {
		return packercore.Registry{}, errors.New("plugin cloud is not installed")
	}
	if _, err := r.run(t.Context()); err == nil || err.Error() != "plugin cloud is not installed" {
		t.Errorf("a plugin that is not there: %v", err)
	}
}

// relay is a post-processor whose input, output and wishes are those of a test.
type relay struct {
	name              string
	keep, force, ends bool
	fails             error
	destroyed         *[]string
}

func (relay) ConfigSpec() hcldec.ObjectSpec { return hcldec.ObjectSpec{} }
func (relay) Configure(...any) error        { return nil }

func (p relay) PostProcess(_ context.Context, _ packersdk.Ui, a packersdk.Artifact) (packersdk.Artifact, bool, bool, error) {
	if p.fails != nil {
		return nil, p.keep, p.force, p.fails
	}
	if p.ends {
		return nil, p.keep, p.force, nil
	}
	return &relayed{a.Id() + ">" + p.name, p.destroyed}, p.keep, p.force, nil
}

type relayed struct {
	id        string
	destroyed *[]string
}

func (*relayed) BuilderId() string { return "relay" }
func (*relayed) Files() []string   { return nil }
func (a *relayed) Id() string      { return a.id }
func (a *relayed) String() string  { return a.id }
func (*relayed) State(string) any  { return nil }
func (a *relayed) Destroy() error {
	*a.destroyed = append(*a.destroyed, a.id)
	return nil
}

// relayBuilder makes an artifact called disk.
type relayBuilder struct {
	packersdk.Builder // null
	destroyed         *[]string
}

func (b *relayBuilder) Run(context.Context, packersdk.Ui, packersdk.Hook) (packersdk.Artifact, error) {
	return &relayed{"disk", b.destroyed}, nil
}

func TestKeepInputArtifact(t *testing.T) {
	for _, tc := range []struct {
		name, blocks    string
		left, destroyed []string
		fails           string
	}{
		{name: "none", blocks: "", left: []string{"disk"}},
		{name: "one that does not keep", blocks: `post-processor "drop" {}`, left: []string{"disk>drop"}, destroyed: []string{"disk"}},
		{name: "one that keeps", blocks: `post-processor "keep" {}`, left: []string{"disk", "disk>keep"}},
		{
			name: "told otherwise", blocks: "post-processor \"drop\" {\n keep_input_artifact = true\n}\npost-processor \"keep\" {\n keep_input_artifact = false\n}",
			left: []string{"disk", "disk>drop", "disk>keep"},
		},
		{name: "told not to keep", blocks: "post-processor \"keep\" {\n keep_input_artifact = false\n}", left: []string{"disk>keep"}, destroyed: []string{"disk"}},
		{name: "one that must keep", blocks: "post-processor \"must\" {\n keep_input_artifact = false\n}", left: []string{"disk", "disk>must"}},
		{
			name: "a sequence", blocks: "post-processors {\n post-processor \"keep\" {}\n post-processor \"drop\" {}\n post-processor \"keep\" {}\n}",
			left: []string{"disk", "disk>keep>drop", "disk>keep>drop>keep"}, destroyed: []string{"disk>keep"},
		},
		{name: "one without an artifact", blocks: `post-processor "end" {}`, left: nil, destroyed: []string{"disk"}},
		{
			name: "a sequence that ends early", blocks: "post-processors {\n post-processor \"end\" {}\n post-processor \"drop\" {}\n}",
			left: nil, destroyed: []string{"disk"},
		},
		{
			// Packer destroys what the builder made.
			name: "one that fails", blocks: "post-processor \"fail\" {}\npost-processor \"drop\" {}",
			left: []string{"disk", "disk>drop"}, fails: "post-processor fail: no room",
		},
		{
			name: "a sequence that fails later", blocks: "post-processors {\n post-processor \"drop\" {}\n post-processor \"fail\" {\n name = \"upload\"\n }\n post-processor \"drop\" {}\n}",
			left: []string{"disk>drop"}, destroyed: []string{"disk"}, fails: "post-processor upload: no room",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var destroyed []string
			r := newStockRig(t, "source \"relay\" \"a\" {\n  communicator = \"none\"\n}\nbuild {\n  sources = [\"relay.a\"]\n"+tc.blocks+"\n}\n")
			r.reg.Builders["relay"] = func() packersdk.Builder { return &relayBuilder{all.Builders()["null"](), &destroyed} }
			r.reg.PostProcessors = map[string]func() packersdk.PostProcessor{}
			for _, p := range []relay{
				{name: "drop"}, {name: "keep", keep: true}, {name: "must", keep: true, force: true}, {name: "end", ends: true},
				{name: "fail", fails: errors.New("no room")},
			} {
				p.destroyed = &destroyed
				r.reg.PostProcessors[p.name] = func() packersdk.PostProcessor { return p }
			}
			results, err := r.run(t.Context())
			if (err == nil) != (tc.fails == "") || err != nil && err.Error() != tc.fails {
				t.Errorf("error %v, want %q", err, tc.fails)
			}
			var left []string
			for _, a := range results[0].Artifacts {
				left = append(left, a.ID)
			}
			if diff := cmp.Diff(tc.left, left); diff != "" {
				t.Errorf("artifacts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.destroyed, destroyed); diff != "" {
				t.Errorf("destroyed (-want +got):\n%s", diff)
			}
		})
	}
}

// meeting is a builder that waits until as many of them run as are wanted.
type meeting struct {
	packersdk.Builder             // null
	arrived           func() bool // false when the others did not come
}

func (b *meeting) Run(context.Context, packersdk.Ui, packersdk.Hook) (packersdk.Artifact, error) {
	if !b.arrived() {
		return nil, errors.New("the other builds did not come")
	}
	return &relayed{"x", new([]string)}, nil
}

// Builds run at the same time, or as few of them as wanted.
func TestParallel(t *testing.T) {
	const template = `
source "meeting" "a" { communicator = "none" }
source "meeting" "b" { communicator = "none" }
source "meeting" "c" { communicator = "none" }
build { sources = ["meeting.a", "meeting.b", "meeting.c"] }
`
	r := newStockRig(t, template)
	r.opts.Parallel = 0
	null := all.Builders()["null"]
	var here sync.WaitGroup
	here.Add(3)
	r.reg.Builders["meeting"] = func() packersdk.Builder {
		return &meeting{null(), func() bool {
			here.Done()
			met := make(chan struct{})
			go func() { here.Wait(); close(met) }()
			select {
			case <-met:
				return true
			case <-time.After(time.Minute):
				return false
			}
		}}
	}
	if _, err := r.run(t.Context()); err != nil {
		t.Error(err)
	}

	r = newStockRig(t, template)
	r.opts.Parallel = 1
	var inside sync.Mutex
	r.reg.Builders["meeting"] = func() packersdk.Builder {
		return &meeting{null(), func() bool {
			if !inside.TryLock() {
				return false
			}
			defer inside.Unlock()
			time.Sleep(5 * time.Millisecond)
			return true
		}}
	}
	if _, err := r.run(t.Context()); err != nil {
		t.Error(err)
	}
}

// Build is for a template with one build.
func TestBuildOfMany(t *testing.T) {
	r := newStockRig(t, twoSources+`build { sources = ["null.a", "null.b"] }`)
	if _, err := packercore.Build(t.Context(), r.reg, r.opts, func(events.Event) {}); err == nil || !strings.Contains(err.Error(), "has 2 builds") {
		t.Errorf("got %v", err)
	}
	r.opts.Only = []string{"*.b"}
	if _, err := packercore.Build(t.Context(), r.reg, r.opts, func(events.Event) {}); err != nil {
		t.Error(err)
	}
	r.opts.Only = []string{"[x"}
	if _, err := packercore.Prepare(t.Context(), r.reg, r.opts); err == nil || !strings.HasPrefix(err.Error(), `only "[x" is not a pattern`) {
		t.Errorf("got %v", err)
	}
}
