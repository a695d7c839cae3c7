package hcl2

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/diag"
)

// PluginRequirement is one entry of required_plugins.
type PluginRequirement struct {
	Name       string // the first part of what the template calls its components: azure, for azure-arm
	Source     string // github.com/hashicorp/azure
	Constraint string // as written: "~> 2.5"
	Range      diag.Range

	constraints version.Constraints
}

// Allows reports whether a version, such as 2.6.3, meets the requirement.
func (r PluginRequirement) Allows(v string) (bool, error) {
	parsed, err := version.NewVersion(v)
	if err != nil {
		return false, err
	}
	return r.constraints.Check(parsed), nil
}

// packerBlock checks required_version and reads required_plugins.
func (l *loader) packerBlock(b *hcl.Block) {
	content, ok := l.content(b.Body, packerShape)
	if !ok {
		return
	}
	if attr := content.Attributes["required_version"]; attr != nil {
		l.requiredVersion(attr)
	}
	for _, inner := range content.Blocks {
		attrs, diags := inner.Body.JustAttributes()
		l.diagnose(diags)
		for _, attr := range sortedAttrs(attrs) {
			l.requiredPlugin(attr)
		}
	}
}

// coveredVersions are the versions of Packer whose behaviour this package has. Not each was released: that changes nothing for a
// constraint.
var coveredVersions = func() []*version.Version {
	list := []*version.Version{version.Must(version.NewVersion(CoreVersion)), version.Must(version.NewVersion(NewestVersion))}
	for minor := 10; minor < 16; minor++ {
		for patch := range 10 {
			list = append(list, version.Must(version.NewVersion(fmt.Sprintf("1.%d.%d", minor, patch))))
		}
	}
	return list
}()

// requiredVersion holds a constraint against the versions whose behaviour is covered: one of them has to be allowed.
func (l *loader) requiredVersion(attr *hcl.Attribute) {
	v, ok := l.literal(attr, cty.String)
	if !ok {
		return
	}
	constraints, err := version.NewConstraint(v.AsString())
	if err != nil {
		l.fail(attr.Expr.Range(), "required_version: %v", err)
		return
	}
	if !slices.ContainsFunc(coveredVersions, func(v *version.Version) bool { return constraints.Check(v) }) {
		l.fail(attr.Expr.Range(), "required_version %q: this core does what Packer %s to %s does",
			v.AsString(), CoreVersion, NewestVersion)
	}
}

// requiredPlugin reads an entry such as azure = { source = "github.com/hashicorp/azure", version = "~> 2.5" }.
func (l *loader) requiredPlugin(attr *hcl.Attribute) {
	rng := attr.Expr.Range()
	v, diags := attr.Expr.Value(nil)
	if l.diagnose(diags) {
		return
	}
	r := PluginRequirement{Name: attr.Name, Range: Range(rng)}
	if !v.Type().IsObjectType() {
		l.fail(rng, `plugin %q: write { source = "github.com/…/%s", version = "…" }, and not a %s`,
			attr.Name, attr.Name, v.Type().FriendlyName())
		return
	}
	for _, part := range []struct {
		name string
		to   *string
	}{{"source", &r.Source}, {"version", &r.Constraint}} {
		if !v.Type().HasAttribute(part.name) {
			l.fail(rng, "plugin %q has no %q", attr.Name, part.name)
			return
		}
		text := v.GetAttr(part.name)
		if text.Type() != cty.String || text.IsNull() || !text.IsKnown() {
			l.fail(rng, "plugin %q: %s is not a text", attr.Name, part.name)
			return
		}
		*part.to = text.AsString()
	}
	for name := range v.Type().AttributeTypes() {
		if name != "source" && name != "version" {
			l.fail(rng, "plugin %q has no attribute %q%s", attr.Name, name, near(name, []string{"source", "version"}))
			return
		}
	}
	if parts := strings.Split(r.Source, "/"); len(parts) < 3 || strings.Contains(r.Source, "//") {
		l.fail(rng, "plugin %q: source %q is not of the form github.com/owner/name", attr.Name, clip(r.Source))
		return
	}
	constraints, err := version.NewConstraint(r.Constraint)
	if err != nil {
		l.fail(rng, "plugin %q: version %q is not a constraint such as \">= 1.2, < 2.0\"", attr.Name, clip(r.Constraint))
		return
	}
	r.constraints = constraints
	l.plugins = append(l.plugins, r)
}
