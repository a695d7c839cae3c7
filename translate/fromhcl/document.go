package fromhcl

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ingot-build/ingot/translate/schema"
)

// The deployment template, in the order that people write it in. A nil any is left out.
type (
	document struct {
		Schema         string          `json:"$schema"`
		ContentVersion string          `json:"contentVersion"`
		Parameters     *parameters     `json:"parameters,omitempty"`
		Resources      []imageTemplate `json:"resources"`
	}
	imageTemplate struct {
		Type       string     `json:"type"`
		APIVersion string     `json:"apiVersion"`
		Name       string     `json:"name"`
		Location   text       `json:"location"`
		Identity   identity   `json:"identity"`
		Properties properties `json:"properties"`
	}
	identity struct {
		Type         string              `json:"type"`
		UserAssigned map[string]struct{} `json:"userAssignedIdentities"`
	}
	properties struct {
		BuildTimeout         any        `json:"buildTimeoutInMinutes,omitempty"`
		StagingResourceGroup any        `json:"stagingResourceGroup,omitempty"`
		Source               any        `json:"source"`
		Customize            []any      `json:"customize,omitempty"`
		VMProfile            *vmProfile `json:"vmProfile,omitempty"`
		Distribute           []any      `json:"distribute"`
		ManagedResourceTags  any        `json:"managedResourceTags,omitempty"`
	}
	vmProfile struct {
		VMSize       any         `json:"vmSize,omitempty"`
		OSDiskSizeGB any         `json:"osDiskSizeGB,omitempty"`
		Identities   any         `json:"userAssignedIdentities,omitempty"`
		VNet         *vnetConfig `json:"vnetConfig,omitempty"`
	}
	vnetConfig struct {
		SubnetID text `json:"subnetId"`
	}
)

// parameters keep their order.
type parameters []*parameter

// MarshalJSON gives the object.
func (ps parameters) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := encode(p.name)
		if err != nil {
			return nil, err
		}
		value, err := encode(p)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// document makes the whole deployment template.
func (m *importing) document(source *hclsyntax.Block, builds []*hclsyntax.Block) []byte {
	versions := schema.Versions()
	version := cmp.Or(m.options.APIVersion, versions[len(versions)-1])
	name := m.name(source, builds)
	t := imageTemplate{Type: "Microsoft.VirtualMachineImages/imageTemplates", APIVersion: version, Name: name}

	var overriding *hclsyntax.Body
	for _, b := range builds {
		if overriding = overrides(b, source.Labels[1]); overriding != nil {
			break
		}
	}
	s := m.open(fmt.Sprintf("source %q", builderType), source.DefRange(), source.Body, overriding)
	m.windows = strings.EqualFold(textOf(s.value("os_type")), "Windows") || textOf(s.value("communicator")) == "winrm"
	m.source(s, &t)
	for _, b := range builds {
		m.provisioners(b, source.Labels[1], &t.Properties)
	}
	m.generalized(source.DefRange())
	t.Properties.Distribute = m.distribute(s, name, t.Properties.ManagedResourceTags)
	m.reach(s)
	s.end()

	t.Identity = identity{Type: "UserAssigned", UserAssigned: map[string]struct{}{}}
	who := m.declare(&parameter{typ: "string",
		description: "Resource id of the managed identity that reads scripts and writes images."}, "identityId")
	t.Identity.UserAssigned["["+who.expr+"]"] = struct{}{}

	body, err := encode(t)
	if err != nil {
		panic(fmt.Sprintf("fromhcl: an image template has no JSON: %v", err)) // all of it is our own types
	}
	used := slices.DeleteFunc(slices.Clone(m.params), func(p *parameter) bool {
		return !strings.Contains(string(body), "parameters("+quote(p.name)+")")
	})
	doc := document{Schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", ContentVersion: "1.0.0.0",
		Resources: []imageTemplate{t}}
	if len(used) > 0 {
		ps := parameters(used)
		doc.Parameters = &ps
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		panic(fmt.Sprintf("fromhcl: a deployment template has no JSON: %v", err))
	}
	return []byte(b.String())
}

// generalized says so when nothing in the Packer template generalizes the image: the service always does.
func (m *importing) generalized(rng hcl.Range) {
	if m.generalizes {
		return
	}
	how := "waagent -force -deprovision+user"
	if m.windows {
		how = "Sysprep"
	}
	m.other(rng, "the service generalizes the image, and the Packer template does not", "after the last customizer it runs "+how, "")
}

func convertTo(s string, want cty.Type) (cty.Value, error) {
	return convert.Convert(cty.StringVal(s), want)
}
