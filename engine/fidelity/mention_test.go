package fidelity

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/plan"
)

func TestMentions(t *testing.T) {
	shell := func(id, text string) plan.Step {
		return plan.Step{ID: id, Shell: &plan.Shell{Script: plan.Content{Text: text}}}
	}
	p := &plan.Plan{Steps: []plan.Step{
		{ID: "prepare", Hidden: true, File: &plan.File{Content: plan.Content{Text: MetadataAddress}}},
		shell("customize[0]", "echo nothing of the kind: 169.254.1.1"),
		shell("customize[1]", "curl -H Metadata:true http://169.254.169.254/metadata/instance; curl http://169.254.169.254/metadata/versions"),
		shell("customize[2]", "az login --identity && az keyvault secret show --id x; curl 168.63.129.16"),
		{ID: "customize[3]", File: &plan.File{Content: plan.Content{URI: "https://host/tool", SHA256: "aa"}}},
	}}
	open := func(c *plan.Content) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("\x7fELF ... azidentity.ManagedIdentityCredential ...")), nil
	}
	got, err := Mentions(p, open)
	want := []Mention{
		{Step: "customize[1]", Address: MetadataAddress, Text: MetadataAddress},
		{Step: "customize[2]", Address: MetadataAddress, Text: "az login --identity"},
		{Step: "customize[2]", Address: WireServer, Text: WireServer},
		{Step: "customize[3]", Address: MetadataAddress, Text: "ManagedIdentityCredential"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, mentions (-want +got):\n%s", err, diff)
	}
	gone := errors.New("gone")
	if _, err := Mentions(p, func(*plan.Content) (io.ReadCloser, error) { return nil, gone }); !errors.Is(err, gone) ||
		!strings.Contains(err.Error(), "customize[3]") {
		t.Errorf("an unreadable file gives %v", err)
	}
}
