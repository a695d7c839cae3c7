package schema

import (
	"reflect"
	"slices"
)

// Replacement says that one property or case took the place of others. It is what the tables cannot tell: there one name ends
// where another begins.
type Replacement struct {
	Type    string   // the object, or the union if it is about cases
	Old     []string // all of them together became New; one alone was only renamed
	New     string
	Since   string // the first version that has New
	Variant bool   // Old and New are values of the discriminator

	// Both says that versions from Since on still take Old, though not beside New.
	Both bool
}

// Replacements returns what replaced what, by version.
func Replacements() []Replacement {
	return []Replacement{
		{Type: "ImageTemplateCustomizer", Old: []string{"shell"}, New: "Shell", Since: "2019-02-01-preview", Variant: true},
		{Type: "ImageTemplateDistributor", Old: []string{"managedImage"}, New: "ManagedImage", Since: "2019-02-01-preview", Variant: true},
		{Type: "ImageTemplateDistributor", Old: []string{"sharedImage"}, New: "SharedImage", Since: "2019-02-01-preview", Variant: true},

		{Type: "ImageTemplateIsoSource", Old: []string{"sourceURI"}, New: "sourceUri", Since: "2019-05-01-preview"},
		{Type: "ImageTemplateManagedImageDistributor", Old: []string{"tags"}, New: "artifactTags", Since: "2019-05-01-preview"},
		{Type: "ImageTemplatePowerShellCustomizer", Old: []string{"script"}, New: "scriptUri", Since: "2019-05-01-preview"},
		{Type: "ImageTemplateSharedImageDistributor", Old: []string{"tags"}, New: "artifactTags", Since: "2019-05-01-preview"},
		{Type: "ImageTemplateShellCustomizer", Old: []string{"script"}, New: "scriptUri", Since: "2019-05-01-preview"},
		{Type: "ImageTemplateVhdDistributor", Old: []string{"tags"}, New: "artifactTags", Since: "2019-05-01-preview"},

		{Type: "VirtualNetworkConfig", Old: []string{"name", "resourceGroupName", "subnetName"}, New: "subnetId", Since: "2020-02-14"},

		{Type: "ImageTemplateSharedImageDistributor", Old: []string{"replicationRegions", "storageAccountType"}, New: "targetRegions",
			Since: "2022-07-01", Both: true},
	}
}

// ChangeKind says what happened to a property or case between two versions.
type ChangeKind int

// The kinds of change. The zero ChangeKind is none.
const (
	_       ChangeKind = iota
	Added              // only the later version asked about has it
	Removed            // only the earlier one has it
	Renamed            // it has another name
	Altered            // it has other limits, or is required in one of them only
)

// Change is one difference between two versions, in the direction asked for.
type Change struct {
	Kind    ChangeKind
	Type    string // the object or union
	Variant bool   // it is about a case of a union: Before and After are nil

	Name    string // what it is called before, or after if it was added
	NewName string // Renamed: what it is called after

	Before, After *Property // nil where there is none
}

// Changes returns what is different in version to for someone who writes in version from; to may be the earlier one. It leaves
// out what only the service writes, and the insides of types that one of the two does not have. Changes are by type and name,
// properties before cases.
func Changes(from, to string) []Change {
	var all []Change
	for _, t := range Types() {
		if !t.usedIn(from) || !t.usedIn(to) {
			continue
		}
		all = append(all, t.propertyChanges(from, to)...)
		all = append(all, t.variantChanges(from, to)...)
	}
	return all
}

// usedIn reports whether the type has anything to write in version, published or not.
func (t *Type) usedIn(version string) bool { return t.Has(version) || len(t.Names(version)) > 0 }

func (t *Type) propertyChanges(from, to string) []Change {
	var all []Change
	for _, name := range bothNames(t.writable(from), t.writable(to)) {
		before, after := t.exactly(from, name), t.exactly(to, name)
		c := Change{Type: t.Name, Name: name, Before: before, After: after}
		switch renamed := t.renamed(name, from, to, false); {
		case before == nil && t.renamed(name, to, from, false) != "": // reported with its older name
			continue
		case renamed != "":
			c.Kind, c.NewName, c.After = Renamed, renamed, t.exactly(to, renamed)
		case before == nil:
			c.Kind = Added
		case after == nil:
			c.Kind = Removed
		case !sameShape(before, after) && !discriminates(t.Name, name):
			c.Kind = Altered
		default:
			continue
		}
		all = append(all, c)
	}
	return all
}

func (t *Type) variantChanges(from, to string) []Change {
	var all []Change
	before, after := t.values(from), t.values(to)
	for _, value := range bothNames(before, after) {
		c := Change{Type: t.Name, Name: value, Variant: true}
		isBefore, isAfter := slices.Contains(before, value), slices.Contains(after, value)
		switch renamed := t.renamed(value, from, to, true); {
		case isBefore && isAfter, isAfter && t.renamed(value, to, from, true) != "":
			continue
		case renamed != "":
			c.Kind, c.NewName = Renamed, renamed
		case isAfter:
			c.Kind = Added
		default:
			c.Kind = Removed
		}
		all = append(all, c)
	}
	return all
}

// renamed gives the name that takes the place of name on the way between two versions, either way; "" if none does. A name that
// the version arrived at has as well is not renamed.
func (t *Type) renamed(name, from, to string, variant bool) string {
	for _, r := range Replacements() {
		if r.Type != t.Name || r.Variant != variant || r.Both || len(r.Old) != 1 || (from < r.Since) == (to < r.Since) {
			continue
		}
		there := slices.Concat(t.writable(to), t.values(to))
		switch {
		case from < r.Since && name == r.Old[0] && !slices.Contains(there, name):
			return r.New
		case to < r.Since && name == r.New && !slices.Contains(there, name):
			return r.Old[0]
		}
	}
	return ""
}

// exactly returns the property of that spelling that can be written in version, or nil.
func (t *Type) exactly(version, name string) *Property {
	if p, exact := t.Property(version, name); exact && !p.ReadOnly {
		return p
	}
	return nil
}

func (t *Type) writable(version string) []string {
	if t.Discriminator != "" {
		return nil
	}
	return t.Names(version)
}

func (t *Type) values(version string) []string {
	if t.Discriminator == "" {
		return nil
	}
	return t.Names(version)
}

func bothNames(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// sameShape compares two forms of a property by what may be written.
func sameShape(a, b *Property) bool {
	x, y := *a, *b
	x.Span, y.Span, x.Beyond, y.Beyond = Span{}, Span{}, "", ""
	return reflect.DeepEqual(x, y)
}

// discriminates reports whether a property tells the variants of a union apart: then its change is the union's.
func discriminates(typeName, property string) bool {
	return slices.ContainsFunc(Polymorphs(), func(u *Type) bool {
		return u.Discriminator == property && slices.ContainsFunc(u.variants, func(v Variant) bool { return v.Type == typeName })
	})
}
