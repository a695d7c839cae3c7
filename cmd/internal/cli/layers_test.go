package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/seal"
	"github.com/ingot-build/ingot/translate/plan"
)

// layersRig is a machine with layers of the image templates web and db, which share their first step.
type layersRig struct {
	t      *testing.T
	home   string
	store  *layers.Store
	shared string // after step "update"
	web    string // over it
	db     string // over it
}

func newLayersRig(t *testing.T) *layersRig {
	t.Helper()
	r := &layersRig{t: t, home: t.TempDir()}
	key, err := seal.Open(filepath.Join(r.home, ".local/state/ingot"))
	r.must(err)
	r.store, err = layers.Open(filepath.Join(r.home, ".cache/ingot/layers"), key, time.Now)
	r.must(err)
	image := filepath.Join(r.home, "base.qcow2")
	r.must(os.WriteFile(image, []byte("a base image"), 0o600))
	base, err := layers.StatBase(image, "qcow2", "")
	r.must(err)
	steps := func(second string) []plan.Step {
		var list []plan.Step
		for _, name := range []string{"update", second} {
			list = append(list, plan.Step{ID: name, Shell: &plan.Shell{Script: plan.Content{Text: name}}})
		}
		return list
	}
	make1 := func(target, template, second, parent string, next int) string {
		k := r.store.Keys(layers.Profile{Base: base, OS: plan.Linux}, steps(second))
		d, err := r.store.Begin(t.Context(), layers.Making{
			Target: target, Parent: parent, Keys: k, Next: next, Template: template, Base: base, Run: "0123abcd",
		})
		r.must(err)
		r.must(os.WriteFile(filepath.Join(d.Dir, layers.DiskFile), make([]byte, 3<<20), 0o600))
		r.must(os.WriteFile(filepath.Join(d.Dir, layers.StateFile), make([]byte, 5<<20), 0o600))
		l, err := d.Publish(t.Context(), nil, nil)
		r.must(err)
		r.must(d.Release())
		return l.ID
	}
	r.shared = make1("", "web", "nginx", "", 1)
	r.web = make1("qemu", "web", "nginx", r.shared, 2)
	r.db = make1("nspawn", "db", "postgres", r.shared, 2)
	return r
}

func (r *layersRig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// run gives what a command prints, with names in place of IDs.
func (r *layersRig) run(args ...string) (code int, out string) {
	r.t.Helper()
	var b strings.Builder
	env := Env{Stdin: strings.NewReader(""), Stdout: &b, Stderr: &b, Getenv: func(name string) string {
		if name == "HOME" {
			return r.home
		}
		return ""
	}}
	code = Main(r.t.Context(), env, append([]string{"layers"}, args...))
	text := someTimeAgo.ReplaceAllString(b.String(), "now")
	return code, strings.NewReplacer(r.shared, "<shared id>", r.web, "<id of web>", r.db, "<id of db>", r.home, "~").Replace(text)
}

// someTimeAgo is what a slow machine says instead of "now".
var someTimeAgo = regexp.MustCompile(`\d+ (second|minute)s? ago|a minute ago`)

// want runs a command and holds what it says against lines, blanks aside.
func (r *layersRig) want(code int, want string, args ...string) {
	r.t.Helper()
	got, out := r.run(args...)
	words := func(text string) string {
		var lines []string
		for l := range strings.Lines(strings.TrimSpace(text)) {
			lines = append(lines, strings.Join(strings.Fields(l), " "))
		}
		return strings.Join(lines, "\n")
	}
	if diff := cmp.Diff(words(want), words(out)); diff != "" || got != code {
		r.t.Errorf("ingot layers %s ended with %d, want %d (-want +got):\n%s", strings.Join(args, " "), got, code, diff)
	}
}

func TestLayersList(t *testing.T) {
	r := newLayersRig(t)
	r.must(os.Mkdir(filepath.Join(r.store.Dir(), "mine"), 0o700))
	r.want(ExitDone, `
		ID             TEMPLATE  AFTER     TARGET  MADE  USED  DISK     MEMORY
		<shared id>    web       update    qemu    now   now   3.0 MiB  5.0 MiB
		  <id of web>  web       nginx     qemu    now   now   3.0 MiB  5.0 MiB
		  <id of db>   db        postgres  nspawn  now   now   3.0 MiB  5.0 MiB
		mine in ~/.cache/ingot/layers: it is no layer, and is left alone
		together 24 MiB: disks 9.0 MiB, memory 15 MiB`, "ls")
	code, out := r.run("ls", "--output", "json")
	var report layersReport
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != ExitDone {
		t.Fatalf("%d, %v: %s", code, err, out)
	}
	if len(report.Layers) != 3 || report.Layers[2].Parent != "<shared id>" || !report.Layers[2].Memory ||
		report.Layers[0].Target != "qemu" || report.Layers[2].Target != "nspawn" || len(report.Strange) != 1 {
		t.Errorf("got %+v", report)
	}
	r.want(ExitDone, `
		layer      <id of db>
		template   db
		after      postgres
		target     nspawn
		steps      2 of the plan, the hidden ones too
		lies over  <shared id>
		made       now, by run 0123abcd
		used       now
		disk       3.0 MiB
		memory     5.0 MiB
		folder     ~/.cache/ingot/layers/<id of db>`, "show", r.db[:11])
	if code, out := r.run("show", r.db, "--output", "json"); code != ExitDone || !strings.Contains(out, `"id": "<id of db>"`) {
		t.Errorf("%d: %s", code, out)
	}
	r.want(ExitUsage, "error: there is no layer \"zz\"\n fix: list them: ingot layers ls", "show", "zz")
	if code, out := r.run("show", ""); code != ExitUsage {
		t.Errorf("%d: %s", code, out)
	}
}

func TestLayersNone(t *testing.T) {
	r := &layersRig{t: t, home: t.TempDir(), shared: "-1", web: "-2", db: "-3"}
	r.want(ExitDone, "there is no layer; a build of Linux on this machine leaves some", "ls")
	r.want(ExitDone, "removed 0 layers, 0 B are free now", "rm", "--all")
	r.want(ExitDone, "nothing is to be removed: layers take 0 B of 20 GiB", "prune")
	r.want(ExitUsage, `error: there is no layer of image template "web", nor of any other`, "rm", "--template", "web")
}

func TestLayersRemove(t *testing.T) {
	r := newLayersRig(t)
	hint := "\n fix: name them by ID, or say --template NAME or --all; ingot layers ls lists them"
	r.want(ExitUsage, "error: ingot layers rm needs to know which layers"+hint, "rm")
	r.want(ExitUsage, "error: ingot layers rm takes IDs, --template or --all, and not two of them"+hint, "rm", "--all", r.db)
	r.want(ExitUsage, `
		error: layer <shared id> is under <id of web>, <id of db>
		 why: a layer has only what is different from the one that it lies over
		 fix: remove them too, with --with-children`, "rm", r.shared)
	r.want(ExitUsage, `error: there is no layer of image template "nginx"; there are some of: db, web`, "rm", "--template", "nginx")
	c, err := r.store.Open(t.Context(), r.db)
	r.must(err)
	r.want(ExitFailed, `
		error: layer <id of db> is in use by a process that runs now
		 fix: wait for the end of the build, or cancel it: ingot runs ls`, "rm", r.db)
	r.want(ExitDone, "removed 1 layer, 8.0 MiB are free now; 2 layers are in use, or under one that is, and stay", "rm", "--all")
	r.must(c.Release())
	r.want(ExitDone, "removed 2 layers, 16 MiB are free now", "rm", r.shared, "--with-children")
	r.want(ExitDone, "there is no layer; a build of Linux on this machine leaves some", "ls")
}

func TestLayersPrune(t *testing.T) {
	r := newLayersRig(t)
	for id, age := range map[string]time.Duration{r.web: 2 * time.Hour, r.db: time.Hour} {
		r.must(os.Chtimes(filepath.Join(r.store.Dir(), id, "used"), time.Time{}, time.Now().Add(-age)))
	}
	r.want(ExitUsage, "error: --keep \"much\" is no size\n fix: write it as 20GiB or 500MB", "prune", "--keep", "much")
	r.want(ExitDone, "nothing is to be removed: layers take 24 MiB of 20 GiB", "prune", "--dry-run")
	table := `
		ID           WHAT        SIZE     TEMPLATE  AFTER     WHY
		<id of web>  its memory  5.0 MiB  web       nginx     it was not used for longest
		<id of db>   its memory  5.0 MiB  db        postgres  it was not used for longest
		`
	r.want(ExitDone, table+"would remove 10 MiB; layers take 14 MiB then, of 16 MiB", "prune", "--keep", "16MiB", "--dry-run")
	r.want(ExitDone, table+"removed 10 MiB; layers take 14 MiB then, of 16 MiB", "prune", "--keep", "16MiB")
	c, err := r.store.Open(t.Context(), r.web)
	r.must(err)
	r.want(ExitDone, `
		ID          WHAT   SIZE     TEMPLATE  AFTER     WHY
		<id of db>  layer  3.0 MiB  db        postgres  it was not used for longest
		removed 3.0 MiB; layers take 11 MiB then, of 0 B; 2 layers are in use`, "prune", "--keep", "0")
	r.must(c.Release())
	code, out := r.run("prune", "--keep", "0", "--output", "json")
	var report removedReport
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != ExitDone || len(report.Removed) != 3 || report.Left > 100<<10 {
		t.Errorf("%d, %v: %s", code, err, out)
	}
}
