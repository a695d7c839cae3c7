package check_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// TestEdits applies the edits of findings with one right answer, and wants the finding gone.
func TestEdits(t *testing.T) {
	const sum = "ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB"
	for _, tc := range []struct {
		name       string
		code       diag.Code
		part, want string
	}{
		{"a value in another case", check.CodeKnownValue,
			`{"properties": {"errorHandling": {"onCustomizerError": "Cleanup"}}}`,
			`{"properties": {"errorHandling": {"onCustomizerError": "cleanup"}}}`},
		{"a checksum in upper case", check.CodeChecksum,
			`{"properties": {"customize": [{"type": "Shell", "scriptUri": "https://example.com/a.sh", "sha256Checksum": "` + sum + `"}]}}`,
			`{"properties": {"customize": [{"type": "Shell", "scriptUri": "https://example.com/a.sh", "sha256Checksum": ` +
				`"abababababababababababababababababababababababababababababababab"}]}}`},
		{"a page about a script", check.CodeURIPage,
			`{"properties": {"customize": [{"type": "Shell", "scriptUri": "https://github.com/a/b/blob/main/c/d.sh"}]}}`,
			`{"properties": {"customize": [{"type": "Shell", "scriptUri": "https://raw.githubusercontent.com/a/b/main/c/d.sh"}]}}`},
		{"a page whose checksum was taken", check.CodeURIPage,
			`{"properties": {"customize": [{"type": "Shell", "scriptUri": "https://github.com/a/b/blob/main/d.sh", "sha256Checksum": "ab"}]}}`, ""},
		{"an exit code without a sign", check.CodeExitCodeRange,
			`{"properties": {"customize": [{"type": "PowerShell", "inline": ["a"], "validExitCodes": [0, 4294967295]}]}}`,
			`{"properties": {"customize": [{"type": "PowerShell", "inline": ["a"], "validExitCodes": [0, -1]}]}}`},
		{"a slash too many", check.CodeSourceID,
			`{"properties": {"source": {"type": "ManagedImage", "imageId": "/subscriptions/a//resourceGroups/b/providers/Microsoft.Compute/images/c"}}}`,
			`{"properties": {"source": {"type": "ManagedImage", "imageId": "/subscriptions/a/resourceGroups/b/providers/Microsoft.Compute/images/c"}}}`},
		{"a slash where a name is missing", check.CodeSourceID,
			`{"properties": {"source": {"type": "ManagedImage", "imageId": "/subscriptions//resourceGroups/b/providers/Microsoft.Compute/images/c"}}}`, ""},
		{"a value that is written with an escape", check.CodeKnownValue,
			`{"properties": {"errorHandling": {"onCustomizerError": "\u0043leanup"}}}`, ""},
		{"a value that is near to none", check.CodeKnownValue,
			`{"properties": {"errorHandling": {"onCustomizerError": "retry"}}}`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			found := editable(t, tc.part)
			i := slices.IndexFunc(found, func(d diag.Diagnostic) bool { return d.Code == tc.code })
			if i < 0 {
				t.Fatalf("no finding %s:\n%s", tc.code, render(found))
			}
			got := ""
			if edits := found[i].Edits; len(edits) == 1 {
				at := edits[0].Range
				got = tc.part[:at.Start.Byte] + edits[0].Text + tc.part[at.End.Byte:]
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Fatalf("after the edit (-want +got):\n%s", diff)
			}
			if got != "" && slices.ContainsFunc(editable(t, got), func(d diag.Diagnostic) bool { return d.Code == tc.code }) {
				t.Error("the finding is still there")
			}
		})
	}
}

// editable checks a part of an image template over that of testdata/base.linux.json.
func editable(t *testing.T, part string) diag.List {
	t.Helper()
	n, list := armjson.Parse("x.json", []byte(part))
	if len(list) > 0 {
		t.Fatal(list)
	}
	tmpl, list := template.Decode(overlay(parseFile(t, "testdata/base.linux.json"), n))
	return append(list, check.Check(tmpl, check.Options{Files: map[string][]byte{"x.json": []byte(part)}})...)
}
