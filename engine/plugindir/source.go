package plugindir

import (
	"fmt"
	"regexp"
	"strings"
)

// Source is the address of a plugin, which is also its folder: "github.com/hashicorp/azure".
type Source struct {
	Host string   // github.com
	Path []string // hashicorp, azure; at least two elements
}

// String gives the address.
func (s Source) String() string { return strings.Join(append([]string{s.Host}, s.Path...), "/") }

// Name is the plugin's own name, which its components' types begin with: azure.
func (s Source) Name() string { return s.Path[len(s.Path)-1] }

const maxSource = 16 // elements; Packer looks no deeper

var (
	sourceElement = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.~-]*[A-Za-z0-9_])?(:[0-9]+)?$`)
	pluginName    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// ParseSource reads an address. The error says what is wrong with it, and what would be right where that can be told.
func ParseSource(text string) (Source, error) {
	fail := func(format string, args ...any) (Source, error) {
		return Source{}, fmt.Errorf("plugin source %q: %s", text, fmt.Sprintf(format, args...))
	}
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		return fail("it has no scheme; leave out %q: %s", scheme+"://", rest)
	}
	parts := strings.Split(text, "/")
	if len(parts) < 3 {
		return fail("it is a host, a namespace and a name, as in github.com/hashicorp/azure")
	}
	if len(parts) > maxSource {
		return fail("it has %d elements, and may have %d", len(parts), maxSource)
	}
	for _, part := range parts {
		if !sourceElement.MatchString(part) {
			return fail("%q cannot be an element of it", part)
		}
	}
	s := Source{Host: parts[0], Path: parts[1:]}
	name := s.Name()
	if short, ok := strings.CutPrefix(strings.TrimPrefix(name, "packer-plugin-"), "packer-"); ok || short != name {
		return fail("the name is written without %q: %s", strings.TrimSuffix(name, short),
			strings.Join(append(parts[:len(parts)-1:len(parts)-1], short), "/"))
	}
	if !pluginName.MatchString(name) {
		return fail("%q is no name of a plugin, which has lower-case letters, digits and single dashes", name)
	}
	return s, nil
}
