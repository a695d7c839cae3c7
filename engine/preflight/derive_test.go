package preflight_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

var update = flag.Bool("update", false, "rewrite the wanted needs")

const testSubscription = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"

// planOf translates a template for Azure; nil if it has errors.
func planOf(t testing.TB, file string) *plan.Plan {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o := translate.Options{Target: emit.Azure}
	o.Check.Translate = true
	o.Params.SubscriptionID = testSubscription
	p, _ := translate.Translate(translate.Source{File: file, Data: data}, o)
	return p
}

// show writes needs for reviewers: a line for each permission, and below it who needs it for what.
func show(n *preflight.Needs) string {
	var b strings.Builder
	for _, f := range n.Facts {
		fmt.Fprintf(&b, "fact %s %s\n\tat %s: %s\n", f.Kind, f.Subject, f.Scope, f.Holds)
		for _, p := range f.Places {
			fmt.Fprintf(&b, "\tfor %s\n", p.Path)
		}
	}
	var head string
	for _, p := range n.Permissions {
		if h := fmt.Sprintf("\n%s at %s\n", p.Holder, p.Scope); h != head {
			head = h
			b.WriteString(h)
		}
		mark := ""
		if p.Data {
			mark += " (data)"
		}
		if p.Likely {
			mark += " (likely)"
		}
		fmt.Fprintf(&b, "%s%s\n", p.Action, mark)
		for _, r := range p.Reasons {
			fmt.Fprintf(&b, "\t%s: %s (%s)\n", r.By, r.For, r.Path)
		}
	}
	return b.String()
}

// TestNeeds compares the needs of the examples, and of templates that have everything else, with what was reviewed.
func TestNeeds(t *testing.T) {
	examples, err := filepath.Glob("../../examples/*/template.json")
	if err != nil || len(examples) == 0 {
		t.Fatal("no examples", err)
	}
	cases, err := filepath.Glob("testdata/*.json")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range slices.Concat(examples, cases) {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if name == "template" {
			name = "example-" + filepath.Base(filepath.Dir(file))
		}
		t.Run(name, func(t *testing.T) {
			p := planOf(t, file)
			if p == nil {
				t.Fatal("the template has errors")
			}
			n, err := preflight.Derive([]preflight.Input{{File: filepath.Base(file), Plan: p}}, preflight.Options{})
			if err != nil {
				t.Fatal(err)
			}
			check(t, n)
			got := show(n)
			golden := filepath.Join("testdata", name+".want")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got (go test ./engine/preflight -update):\n%s", diff)
			}
		})
	}
}

// check looks for what holds of any needs.
func check(t *testing.T, n *preflight.Needs) {
	t.Helper()
	for i, p := range n.Permissions {
		if len(p.Reasons) == 0 || p.Scope == "" || strings.Count(p.Action, "/") < 2 || strings.Contains(p.Action, "*") {
			t.Errorf("%+v", p)
		}
		for _, r := range p.Reasons {
			if r.For == "" || r.Request == "" || !strings.HasPrefix(r.Path, "properties") || r.File == "" {
				t.Errorf("%s: %+v", p.Action, r)
			}
		}
		for _, q := range n.Permissions[:i] { // one of them would be enough
			if p.Holder == q.Holder && p.Action == q.Action && p.Data == q.Data &&
				(strings.HasPrefix(p.Scope+"/", q.Scope+"/") || strings.HasPrefix(q.Scope+"/", p.Scope+"/")) {
				t.Errorf("%s is wanted at %s and at %s", p.Action, p.Scope, q.Scope)
			}
		}
	}
	for _, f := range n.Facts {
		if f.Subject == "" || f.Scope == "" || f.Holds == "" || f.Why == "" || f.Fix == "" || len(f.Places) == 0 {
			t.Errorf("%+v", f)
		}
	}
}

// TestCorpus derives needs of every template of the corpus that can be translated for Azure.
func TestCorpus(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/corpus/json/*.json")
	if len(files) == 0 {
		t.Skip("../shared/corpus is not beside this tree")
	}
	derived, roles := 0, 0
	for _, file := range files {
		p := planOf(t, file)
		if p == nil {
			continue
		}
		in := []preflight.Input{{File: filepath.Base(file), Plan: p}}
		n, err := preflight.Derive(in, preflight.Options{})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "properties.") {
				t.Errorf("%s: %v", file, err)
			}
			continue
		}
		derived++
		check(t, n)
		again, _ := preflight.Derive(in, preflight.Options{})
		if diff := cmp.Diff(n, again); diff != "" {
			t.Errorf("%s: derived twice:\n%s", file, diff)
		}
		if _, err := preflight.RoleOf(n, "role", ""); err == nil {
			roles++
		} else if !errors.Is(err, preflight.ErrScope) {
			t.Errorf("%s: %v", file, err)
		}
	}
	t.Logf("%d files, %d with needs, %d with a role", len(files), derived, roles)
	if derived < 50 || roles < 10 {
		t.Error("that is too few")
	}
}

// TestVMSize holds the sizes against those that the Packer template asks for.
func TestVMSize(t *testing.T) {
	cases, _ := filepath.Glob("testdata/*.json")
	for _, file := range cases {
		p := planOf(t, file)
		folder, err := emit.Packer(p, emit.Options{Target: emit.Azure})
		if err != nil {
			continue // a shared gallery, which the plugin's fields cannot name
		}
		n, err := preflight.Derive([]preflight.Input{{File: file, Plan: p}}, preflight.Options{})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(n.Facts, func(f preflight.Fact) bool { return f.Kind == preflight.VMSize })
		want := fmt.Sprintf("%q", n.Facts[i].Subject)
		if !slices.ContainsFunc(folder.Files, func(f emit.File) bool {
			return strings.Contains(string(f.Data), "vm_size") && strings.Contains(string(f.Data), want)
		}) {
			t.Errorf("%s: the Packer template has another size than %s", file, want)
		}
	}
}
