package diag_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/diag"
)

func at(file string, line, column, offset int) diag.Range {
	p := diag.Pos{Line: line, Column: column, Byte: offset}
	return diag.Range{File: file, Start: p, End: p}
}

func TestDiagnosticString(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   diag.Diagnostic
		want string
	}{
		{"with a place", diag.Diagnostic{Severity: diag.Error, Code: "ING2103", Subject: at("w.json", 4, 17, 60), Summary: "two scripts"},
			"w.json:4:17: error: two scripts [ING2103]"},
		{"with a file", diag.Diagnostic{Severity: diag.Warning, Code: "ING1001", Subject: diag.Range{File: "w.json"}, Summary: "large"},
			"w.json: warning: large [ING1001]"},
		{"without a place", diag.Diagnostic{Severity: diag.Error, Code: "ING4001", Summary: "x"}, "error: x [ING4001]"},
	} {
		if got := tt.in.String(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestListSort(t *testing.T) {
	d := func(s diag.Severity, summary string, r diag.Range) diag.Diagnostic {
		return diag.Diagnostic{Severity: s, Summary: summary, Subject: r}
	}
	list := diag.List{
		d(diag.Warning, "b1 warning", at("b", 1, 1, 0)),
		d(diag.Error, "b1 first", at("b", 1, 1, 0)),
		d(diag.Error, "b1 second", at("b", 1, 1, 0)),
		d(diag.Error, "a later", at("a", 2, 1, 9)),
		d(diag.Warning, "a earlier", at("a", 1, 1, 0)),
	}
	list.Sort()
	var got []string
	for _, x := range list {
		got = append(got, x.Summary)
	}
	want := []string{"a earlier", "a later", "b1 first", "b1 second", "b1 warning"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if !list.HasErrors() || list.Count(diag.Warning) != 2 || (diag.List{list[0]}).HasErrors() {
		t.Error("errors and warnings are counted wrongly")
	}
}

// The zero severity must not pass for a harmless one.
func TestSeverity(t *testing.T) {
	var back diag.Diagnostic
	data, err := json.Marshal(diag.Diagnostic{Severity: diag.Warning, Code: "ING1013", Subject: at("w.json", 1, 2, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &back); err != nil || back.Severity != diag.Warning || back.Subject.Start.Column != 2 {
		t.Errorf("%s came back as %+v: %v", data, back, err)
	}
	if err := json.Unmarshal([]byte(`{"severity": "note"}`), &back); err == nil {
		t.Error("an unknown severity was read")
	}
	defer func() {
		if recover() == nil {
			t.Error("a severity that was never set was printed")
		}
	}()
	_ = diag.Diagnostic{}.Severity.String() // directly: fmt would catch the panic
}

// TestManyAndLongNames: what a hostile file declares neither fills a message nor takes long to compare.
func TestManyAndLongNames(t *testing.T) {
	many := make([]string, 100_000)
	for i := range many {
		many[i] = fmt.Sprintf("name-%06d", i)
	}
	got := diag.KnownNames("name-00000x", many)
	if !strings.HasPrefix(got, `did you mean "name-000000"? known: "name-000000", "name-000001"`) || len(got) > 5000 {
		t.Errorf("got %d bytes: %.100s…", len(got), got)
	}
	if want := ` and 99736 more`; !strings.HasSuffix(got, want) {
		t.Errorf("got …%s, want …%s", got[len(got)-30:], want)
	}
	long := strings.Repeat("a", 4_000_000)
	if got := diag.KnownNames(long+"b", []string{long}); got != "known: only names that are too long to show" {
		t.Errorf("got %d bytes: %.100s…", len(got), got)
	}
	if got := diag.Near(strings.ToUpper(long), []string{long}); got != long {
		t.Error("a long name in another case is not near")
	}
}

func TestNear(t *testing.T) {
	known := []string{"File", "PowerShell", "Shell", "WindowsRestart", "WindowsUpdate"}
	for given, want := range map[string]string{
		"shell": "Shell", "Shel": "Shell", "powershell": "PowerShell", "WindowUpdates": "WindowsUpdate", "Flie": "", "Ansible": "", "": "",
	} {
		if got := diag.Near(given, known); got != want {
			t.Errorf("Near(%q): got %q, want %q", given, got, want)
		}
	}
	if got, want := diag.KnownNames("shell", []string{"Shell", "File"}), `did you mean "Shell"? known: "File", "Shell"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := diag.KnownNames("zzz", []string{"Shell", "File"}), `known: "File", "Shell"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
