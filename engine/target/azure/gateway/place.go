package gateway

import (
	"net/http"
	"slices"
	"strings"
)

// place is a path of Resource Manager: a resource, a list of resources, or an action of a resource.
type place struct {
	path  string   // as it was spelled, with no slash at its end
	parts []string // between its slashes
}

// readPlace takes the path of a request apart. One that means another thing to somebody else is refused: what was recorded would not be
// what was made.
func readPlace(escaped string) (place, error) {
	path := strings.TrimSuffix(escaped, "/")
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	odd := !strings.HasPrefix(path, "/") || strings.ContainsAny(path, `%\;?#`) || len(path) > 2048
	for _, part := range parts {
		odd = odd || part == "" || strings.Trim(part, ".") == "" // "." and "..", and what looks like them
	}
	if odd {
		return place{}, refuse(http.StatusBadRequest, codeRefused, "%.200q is not a path that the gateway passes on", escaped)
	}
	return place{path, parts}, nil
}

// key is the same for all spellings: Azure tells no letter case apart.
func (p place) key() string { return strings.ToLower(p.path) }

// at gives the part behind a name that is expected at index i, such as the subscription's; "" if something else is there.
func (p place) at(i int, name string) string {
	if len(p.parts) > i+1 && strings.EqualFold(p.parts[i], name) {
		return p.parts[i+1]
	}
	return ""
}

func (p place) subscription() string { return p.at(0, "subscriptions") }
func (p place) group() string        { return p.at(2, "resourceGroups") }

// typ is the type of a resource in lower case: "microsoft.compute/virtualmachines"; "" for a resource group and what is above it.
func (p place) typ() string {
	i := p.provider()
	if i < 0 || i+1 >= len(p.parts) {
		return ""
	}
	typ := p.parts[i+1]
	for j := i + 2; j < len(p.parts); j += 2 {
		typ += "/" + p.parts[j]
	}
	return strings.ToLower(typ)
}

// provider is where the last "providers" stands, or -1.
func (p place) provider() int {
	for i, part := range slices.Backward(p.parts) {
		if strings.EqualFold(part, "providers") && i%2 == 0 {
			return i
		}
	}
	return -1
}

// isResource reports whether the path names one resource in a subscription: pairs of types and names, or a resource group.
func (p place) isResource() bool {
	if p.subscription() == "" || len(p.parts)%2 != 0 || len(p.parts) < 4 {
		return false
	}
	return p.provider() >= 0 && p.provider() < len(p.parts)-2 || len(p.parts) == 4 && p.group() != ""
}

// action is the last part of a path that has no pair: deallocate.
func (p place) action() string {
	if len(p.parts)%2 == 0 {
		return ""
	}
	return strings.ToLower(p.parts[len(p.parts)-1])
}

// name is the last part.
func (p place) name() string { return p.parts[len(p.parts)-1] }

// id is the path with the words in it spelled as Azure spells them in ids. A client may write resourcegroups.
func (p place) id() string {
	parts := slices.Clone(p.parts)
	for i := 0; i < len(parts); i += 2 {
		for _, word := range []string{"subscriptions", "resourceGroups", "providers"} {
			if strings.EqualFold(parts[i], word) {
				parts[i] = word
			}
		}
	}
	return "/" + strings.Join(parts, "/")
}

// short is what people recognize: the type's last part and the name.
func (p place) short() string { return strings.Join(p.parts[max(0, len(p.parts)-2):], "/") }

// inside reports whether a key is that of the thing with the other key, or of something in it.
func inside(key, of string) bool { return key == of || strings.HasPrefix(key, of+"/") }
