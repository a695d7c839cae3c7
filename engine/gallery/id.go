package gallery

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// Kind says what an artifact is.
type Kind string

// The kinds of artifact.
const (
	ManagedImage Kind = "ManagedImage"
	ImageVersion Kind = "ImageVersion"
	VHD          Kind = "VHD"
)

// id is a resource id, taken apart. Ids compare case-insensitively; the parts keep the case they were written in.
type id struct {
	subscription, group string
	image               string // of a managed image; else gallery and definition are set
	gallery, definition string
	version             string // x.y.z or "latest"; "" for a definition
}

// IDError says what is wrong with a resource id.
type IDError struct {
	ID  string
	Bad string // why
}

func (e *IDError) Error() string { return fmt.Sprintf("resource id %q: %s", e.ID, e.Bad) }

// Fix shows the shapes that are known.
func (e *IDError) Fix() string {
	return "write /subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.Compute/images/{name}, " +
		"or .../galleries/{gallery}/images/{definition}, with /versions/{x.y.z} or /versions/latest where a version is meant"
}

// name is what any part of an id may look like. ARM's own rules differ from type to type; this is what they have in common, and
// it leaves no way out of the gallery's folder: no separator, no leading dot, no character a shell or a file system minds.
var name = regexp.MustCompile(`^[A-Za-z0-9_(][A-Za-z0-9_.()-]{0,89}$`)

// vhdFile is the file name of a VHD. It may begin with a dot or a dash, as a run output's name may.
var vhdFile = regexp.MustCompile(`^[A-Za-z0-9_.()-]{1,90}\.vhd$`)

// parseID takes a resource id apart.
func parseID(s string) (id, error) {
	bad := func(format string, args ...any) (id, error) {
		return id{}, &IDError{ID: s, Bad: fmt.Sprintf(format, args...)}
	}
	if !strings.HasPrefix(s, "/") {
		return bad("it does not begin with a slash")
	}
	parts := strings.Split(s[1:], "/")
	for _, p := range parts {
		if !name.MatchString(p) || strings.HasSuffix(p, ".") {
			return bad("%q is no name: letters, digits, '_', '-', '.', '(' and ')' are, up to 90 of them", p)
		}
	}
	var got id
	shapes := []struct {
		pattern string
		into    []*string
	}{
		{"subscriptions/*/resourcegroups/*/providers/microsoft.compute/images/*",
			[]*string{&got.subscription, &got.group, &got.image}},
		{"subscriptions/*/resourcegroups/*/providers/microsoft.compute/galleries/*/images/*",
			[]*string{&got.subscription, &got.group, &got.gallery, &got.definition}},
		{"subscriptions/*/resourcegroups/*/providers/microsoft.compute/galleries/*/images/*/versions/*",
			[]*string{&got.subscription, &got.group, &got.gallery, &got.definition, &got.version}},
	}
	for _, shape := range shapes {
		if matchShape(strings.Split(shape.pattern, "/"), parts, shape.into) {
			return got, nil
		}
	}
	return bad("it names neither a managed image, nor a gallery image definition, nor a version of one")
}

// matchShape fills into with the parts at the pattern's stars.
func matchShape(pattern, parts []string, into []*string) bool {
	if len(pattern) != len(parts) {
		return false
	}
	for i, want := range pattern {
		if want != "*" && want != strings.ToLower(parts[i]) {
			return false
		}
	}
	for i, want := range pattern {
		if want == "*" {
			*into[0], into = parts[i], into[1:]
		}
	}
	return true
}

// String spells the id as ARM does.
func (i id) String() string {
	s := "/subscriptions/" + i.subscription + "/resourceGroups/" + i.group + "/providers/Microsoft.Compute/"
	if i.image != "" {
		return s + "images/" + i.image
	}
	s += "galleries/" + i.gallery + "/images/" + i.definition
	if i.version != "" {
		s += "/versions/" + i.version
	}
	return s
}

// dir is the id's folder below the gallery's root. Names are folded to lower case, so that two spellings of one id meet in one
// folder on every file system; the JSON beside the disk keeps the spelling.
func (i id) dir() string {
	lowered := id{
		subscription: strings.ToLower(i.subscription), group: strings.ToLower(i.group), image: strings.ToLower(i.image),
		gallery: strings.ToLower(i.gallery), definition: strings.ToLower(i.definition), version: strings.ToLower(i.version),
	}
	return filepath.FromSlash(lowered.String()[1:])
}

// isLatest reports whether the id leaves the choice of the version to the gallery.
func (i id) isLatest() bool { return strings.EqualFold(i.version, "latest") }

// withVersion is the id of one version of i's definition.
func (i id) withVersion(v Version) id {
	i.version = v.String()
	return i
}

// asDefinition is the id without its version.
func (i id) asDefinition() id {
	i.version = ""
	return i
}
