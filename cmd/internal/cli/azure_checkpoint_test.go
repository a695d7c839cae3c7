package cli

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// Three customizers, of which the last one fails until somebody mends it.
const (
	installs = `{"type": "Shell", "name": "install", "inline": ["echo installed >> /etc/steps", "echo here > /tmp/gone"]}`
	broken   = `{"type": "Shell", "name": "config", "inline": ["echo broken", "exit 3"]}`
	mended   = `{"type": "Shell", "name": "config", "inline": ["echo configured >> /etc/steps", "echo steps: $(cat /etc/steps)",
      "test -e /tmp/gone && echo /tmp was kept; test -e /tmp/DeprovisioningScript.sh && echo the script is there"]}`
)

// failAt builds to the last of three customizers, which fails, with a checkpoint before it. It gives the run's id.
func (w *azureWorld) failAt(flags ...string) string {
	w.Helper()
	file := w.template(jammy, hello+","+installs+","+broken, managedImage("web"), "")
	out := w.build(ExitFailed, file, append([]string{"--checkpoint", "config"}, flags...)...)
	_, id, found := strings.Cut(out, "customize[2] | checkpoint ")
	id, _, there := strings.Cut(id, "@customize[2] is kept")
	if !found || !there {
		w.Fatalf("no checkpoint:\n%s", out)
	}
	if !strings.Contains(out, "1 checkpoint(s) are kept") || !strings.Contains(out, "--from-checkpoint "+id+"@customize[2]") {
		w.Errorf("nothing says how to go on:\n%s", out)
	}
	return id
}

// kinds are the types of what there is beside the group of the images, each once.
func (w *azureWorld) kinds() []string {
	var kinds []string
	for _, id := range w.sim.Resources() {
		kind := "group"
		if _, rest, in := strings.Cut(id, "/providers/"); in {
			kind = strings.Split(rest, "/")[1]
		}
		if !strings.HasSuffix(id, "/resourceGroups/images") && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// wipe runs ingot clean, after which nothing but what is wanted is there.
func (w *azureWorld) wipe(want ...string) {
	w.Helper()
	for _, args := range [][]string{{"clean", "--on", "azure", "--yes"}, {"clean", "--yes"}} {
		if out, code := w.run(args...); code != ExitDone {
			w.Errorf("%q: exit code %d\n%s", args, code, out)
		}
	}
	w.left(want...)
	sealed, err := filepath.Glob(filepath.Join(w.home, ".local/state/ingot/runs/*/checkpoints.sealed"))
	if err != nil || len(sealed) > 0 {
		w.Errorf("the record of checkpoints is kept: %v, %v", sealed, err)
	}
}

// TestAzureCheckpoint mends the customizer that failed and goes on from before it, twice.
func TestAzureCheckpoint(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	id := w.failAt()
	if got, want := w.kinds(), []string{"group", "snapshots"}; !slices.Equal(got, want) {
		t.Errorf("what is left is %q, want %q", got, want)
	}
	file := w.template(jammy, hello+","+installs+","+mended, managedImage("web"), "")
	for _, from := range []string{id + "@config", id[:4], "latest@2"} {
		out := w.build(ExitDone, file, "--from-checkpoint", from)
		for _, want := range []string{
			"of checkpoint " + id + "@customize[2]", "steps: installed configured", "the script is there", "web (ManagedImage)",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is not in:\n%s", want, out)
			}
		}
		for _, not := range []string{"customize[0] hello: running", "customize[1] install: running", "/tmp was kept"} {
			if strings.Contains(out, not) {
				t.Errorf("%q is in:\n%s", not, out)
			}
		}
		if got, want := w.kinds(), []string{"group", "images", "snapshots"}; !slices.Equal(got, want) {
			t.Errorf("what is left is %q, want %q", got, want)
		}
	}
	w.wipe("/images/web")
	out, code := w.run("build", "--on", "azure", file, "--from-checkpoint", id)
	if code != ExitUsage || !strings.Contains(out, "run "+id+" has no checkpoint") {
		t.Errorf("after the clean-up: exit code %d\n%s", code, out)
	}
}

// TestAzureCheckpointKept has a build succeed: its checkpoint goes, unless somebody wants to keep it.
func TestAzureCheckpointKept(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	file := w.template(jammy, hello+","+installs, managedImage("web"), "")
	w.build(ExitDone, file, "--checkpoint", "1")
	w.left("/images/web")
	w.build(ExitDone, file, "--checkpoint", "1", "--checkpoint", "generalize", "--keep-checkpoints")
	n := 0
	for _, r := range w.sim.Resources() {
		if strings.Contains(r, "/snapshots/") {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d snapshots are there, want 2: %q", n, w.sim.Resources())
	}
	// The last one is before the machine is generalized: nothing of the image template runs again.
	out := w.build(ExitDone, file, "--from-checkpoint", "latest")
	if strings.Contains(out, "install: running") || !strings.Contains(out, "generalize: done") {
		t.Errorf("it ran:\n%s", out)
	}
	w.wipe("/images/web")
}

// TestAzureCheckpointChanged changes what comes before a checkpoint.
func TestAzureCheckpointChanged(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	id := w.failAt()
	for _, tt := range []struct{ name, source, customize, want string }{
		{"another script", jammy, hello + "," + strings.Replace(installs, "installed", "other", 1) + "," + mended,
			"customize[1] install has another script or file ("},
		{"another step", jammy, hello + "," + mended + "," + installs, "customize[1] config has another script or file"},
		{"another type", jammy, `{"type": "File", "name": "put", "sourceUri": "web.json", "destination": "/tmp/x"},` + installs + "," + mended,
			"customize[0] put stands where customize[0] hello was"},
		{"another source", strings.Replace(jammy, `"22_04-lts"`, `"22_04-lts-gen2"`, 1), hello + "," + installs + "," + mended,
			"the source image or a disk size is another one"},
		{"fewer steps", jammy, hello, "customize[1] install is gone"},
	} {
		file := w.template(tt.source, tt.customize, managedImage("web"), "")
		before := w.sim.Resources()
		out := w.build(ExitHost, file, "--from-checkpoint", id+"@config")
		if !strings.Contains(out, tt.want) {
			t.Errorf("%s: %q is not in:\n%s", tt.name, tt.want, out)
		}
		if after := w.sim.Resources(); !slices.Equal(before, after) {
			t.Errorf("%s: there is %q, and was %q", tt.name, after, before)
		}
	}
	// Renamed steps are the same ones; and what was changed is taken as it is by who says so.
	renamed := strings.Replace(installs, `"install"`, `"setup"`, 1)
	w.build(ExitDone, w.template(jammy, hello+","+renamed+","+mended, managedImage("web"), ""), "--from-checkpoint", id)
	changed := strings.Replace(installs, "installed", "other", 1)
	out := w.build(ExitDone, w.template(jammy, hello+","+changed+","+mended, managedImage("web"), ""),
		"--from-checkpoint", id, "--allow-stale-checkpoint")
	if !strings.Contains(out, "steps: installed configured") || !strings.Contains(out, "another past than the image template") {
		t.Errorf("it said:\n%s", out)
	}
	w.wipe("/images/web")
}

// TestAzureCheckpointOwnScript has a customizer put its own script in the place of the one that generalizes: it is there again.
func TestAzureCheckpointOwnScript(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	own := `{"type": "Shell", "name": "own", "inline": [
      "printf 'echo my own script; /usr/sbin/waagent -force -deprovision+user' > /tmp/DeprovisioningScript.sh"]}`
	file := w.template(jammy, own+","+broken, managedImage("web"), "")
	w.build(ExitFailed, file, "--checkpoint", "config")
	out := w.build(ExitDone, w.template(jammy, own+","+hello, managedImage("web"), ""), "--from-checkpoint", "latest")
	if !strings.Contains(out, "generalize | my own script") {
		t.Errorf("it said:\n%s", out)
	}
	w.wipe("/images/web")
}

// TestAzureCheckpointFaults has Azure refuse what a checkpoint needs.
func TestAzureCheckpointFaults(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	file := w.template(jammy, hello+","+installs, managedImage("web"), "")
	// A snapshot that is refused costs no build.
	w.sim.SetFaults(&azuresim.Fault{Method: http.MethodPut, Path: "*_before_*_os", Status: http.StatusForbidden, Code: "AuthorizationFailed"})
	out := w.build(ExitDone, file, "--checkpoint", "install")
	if !strings.Contains(out, "no checkpoint before this step, and the build goes on") {
		t.Errorf("it said:\n%s", out)
	}
	w.left("/images/web")
	w.sim.SetFaults()

	// What is refused while the machine is made of one leaves nothing, and the checkpoint stands.
	id := w.failAt()
	stands := w.sim.Resources()
	mended := w.template(jammy, hello+","+installs+","+mended, managedImage("web"), "")
	for _, path := range []string{"/disks/", "/networkSecurityGroups/", "/publicIPAddresses/", "/virtualNetworks/", "/networkInterfaces/",
		"/virtualMachines/ingot-"} {
		w.sim.SetFaults(&azuresim.Fault{Method: http.MethodPut, Path: "*" + path + "*", Times: azuresim.Always,
			Status: http.StatusConflict, Code: "Conflict"})
		w.build(ExitFailed, mended, "--from-checkpoint", id)
		w.sim.SetFaults()
		if now := w.sim.Resources(); !slices.Equal(now, stands) {
			t.Errorf("%s: there is %q, and was %q", path, now, stands)
		}
	}
	w.build(ExitDone, mended, "--from-checkpoint", id)
	w.wipe("/images/web")
}

// TestAzureCheckpointKill kills builds at each moment of a checkpoint's life: clean-up leaves nothing.
func TestAzureCheckpointKill(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	template := w.template(jammy, first+","+hangs+","+orders, managedImage("web"), "")
	w.killAt("hanging", "build", "--on", "azure", template, "--checkpoint", "second")
	// The run goes on, in its own VM: the step had begun, so the checkpoint before it stays as it was.
	out, code := w.run("resume", "latest")
	if code != ExitDone || !strings.Contains(out, "order: first second second") || strings.Contains(out, "| checkpoint ") {
		t.Fatalf("exit code %d\n%s\n%s", code, out, w.calls())
	}
	w.left("/images/web")

	// Or another one begins with what it kept, as often as one likes, while its own VM still stands.
	w.killAt("hanging", "build", "--on", "azure", template, "--checkpoint", "second")
	id := w.latest()
	w.killAt("hanging", "build", "--on", "azure", template, "--from-checkpoint", id)
	out, code = w.run("resume", "latest") // the second one
	if code != ExitDone || !strings.Contains(out, "order: second second") || strings.Contains(out, "first: running") {
		t.Fatalf("exit code %d\n%s\n%s", code, out, w.calls())
	}
	w.killAt("making the build VM of checkpoint", "build", "--on", "azure", template, "--from-checkpoint", id)
	out, code = w.run("resume", "latest")
	if code != ExitHost || !strings.Contains(out, "cannot be resumed") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	w.wipe("/images/web")
}

// latest is the id of the last run.
func (w *azureWorld) latest() string {
	w.Helper()
	runs, err := os.ReadDir(filepath.Join(w.home, ".local/state/ingot/runs"))
	if err != nil || len(runs) == 0 {
		w.Fatalf("no runs: %v", err)
	}
	newest := slices.MaxFunc(runs, func(a, b os.DirEntry) int {
		x, xerr := a.Info()
		y, yerr := b.Info()
		if xerr != nil || yerr != nil {
			w.Fatal(xerr, yerr)
		}
		return x.ModTime().Compare(y.ModTime())
	})
	return newest.Name()
}

// TestAzureCheckpointFlags are what is refused before anything is made.
func TestAzureCheckpointFlags(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	file := w.template(jammy, hello, managedImage("web"), "")
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--on", "local", "--checkpoint", "hello"}, "--checkpoint says nothing to a build on this machine"},
		{[]string{"--on", "azure", "--checkpoint", "helo"}, `did you mean "hello"?`},
		{[]string{"--on", "azure", "--keep-checkpoints"}, "--keep-checkpoints says nothing without --checkpoint"},
		{[]string{"--on", "azure", "--from-checkpoint", "@hello"}, "names no checkpoint"},
		{[]string{"--on", "azure", "--from-checkpoint", "latest"}, "no run"},
		{[]string{"--on", "azure", "--allow-stale-checkpoint"}, "says nothing without --from-checkpoint"},
		{[]string{"--on", "azure", "--from-checkpoint", "3f2a", file}, "--from-checkpoint is for one image template"},
	} {
		out, code := w.run(append([]string{"build", file}, tt.args...)...)
		if code != ExitUsage || !strings.Contains(out, tt.want) {
			t.Errorf("%q: exit code %d, and not %q:\n%s", tt.args, code, tt.want, out)
		}
	}
	w.left()
}

// TestAzureCheckpointNeeds has no more permissions than preflight lists for the image template: they do for checkpoints too.
func TestAzureCheckpointNeeds(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	role := []azuresim.Grant{}
	file := w.template(jammy, hello+","+installs+","+mended, managedImage("web"), "")
	for _, p := range needsOf(t, file).Permissions {
		if p.Holder == preflight.Builder && !p.Data {
			role = append(role, azuresim.Grant{Action: p.Action, Scope: p.Scope})
		}
	}
	w.sim.Grant(role)
	id := w.failAt()
	w.build(ExitDone, w.template(jammy, hello+","+installs+","+mended, managedImage("web"), ""), "--from-checkpoint", id)
	for _, c := range w.sim.Calls() {
		if c.Status == http.StatusForbidden {
			t.Errorf("the role that preflight writes has no permission for %s %s", c.Method, c.Path)
		}
	}
	w.sim.Grant(nil)
}
