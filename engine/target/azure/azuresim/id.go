package azuresim

import (
	"strings"
)

// ID names a resource. Subscriptions and resource groups are resources too: Type is subscriptionType or groupType.
type ID struct {
	Subscription, Group string
	Type                string   // Microsoft.Compute/galleries/images, as it was spelled
	Names               []string // one for each part of the type: the gallery's, the image's
	Scope               string   // the id of the resource it extends, such as the one a role assignment is for; or ""
}

const (
	subscriptionType = "Microsoft.Resources/subscriptions"
	groupType        = "Microsoft.Resources/resourceGroups"
)

// String is the id as resources spell it.
func (id ID) String() string {
	var b strings.Builder
	switch {
	case id.Scope != "":
		b.WriteString(id.Scope)
	case id.Subscription != "":
		b.WriteString("/subscriptions/" + id.Subscription)
		if id.Group != "" {
			b.WriteString("/resourceGroups/" + id.Group)
		}
	}
	if id.Type == "" || id.Type == subscriptionType || id.Type == groupType {
		return b.String()
	}
	types := strings.Split(id.Type, "/")
	b.WriteString("/providers/" + types[0])
	for i, name := range id.Names {
		b.WriteString("/" + types[i+1] + "/" + name)
	}
	return b.String()
}

// Key is the same for two spellings of an id: Azure tells no letter case apart.
func (id ID) Key() string { return strings.ToLower(id.String()) }

// Name is the last one.
func (id ID) Name() string {
	switch {
	case len(id.Names) > 0:
		return id.Names[len(id.Names)-1]
	case id.Group != "":
		return id.Group
	}
	return id.Subscription
}

// Provider is the first part of the type.
func (id ID) Provider() string {
	provider, _, _ := strings.Cut(id.Type, "/")
	return provider
}

// Is tells whether the id is of a type.
func (id ID) Is(typ string) bool { return strings.EqualFold(id.Type, typ) }

// Parent is the resource that a child is in: the gallery of an image definition. It has no Type for others.
func (id ID) Parent() ID {
	if len(id.Names) < 2 {
		return ID{}
	}
	p := id
	p.Type = id.Type[:strings.LastIndex(id.Type, "/")]
	p.Names = id.Names[:len(id.Names)-1]
	return p
}

// Child is a resource in this one.
func (id ID) Child(typ, name string) ID {
	id.Type += "/" + typ
	id.Names = append(id.Names[:len(id.Names):len(id.Names)], name)
	return id
}

// In is the id of its resource group.
func (id ID) In() ID { return ID{Subscription: id.Subscription, Group: id.Group, Type: groupType} }

// Sibling is another resource of the same group.
func (id ID) Sibling(typ, name string) ID {
	return ID{Subscription: id.Subscription, Group: id.Group, Type: typ, Names: []string{name}}
}

// parsePath takes the path of a request apart: the id, and what is left behind it, which is the type of a list or the
// name of an action ("versions", "deallocate") or "". It reports whether the path has the shape of an id.
func parsePath(path string) (id ID, tail string, ok bool) {
	path = strings.Trim(path, "/")
	if path == "" {
		return ID{}, "", false
	}
	parts := strings.Split(path, "/")
	at := len(parts)
	for i, p := range parts { // the last "providers" is that of the type
		if strings.EqualFold(p, "providers") && i+1 < len(parts) {
			at = i
		}
	}
	if !id.parseScope(parts[:at]) {
		return ID{}, "", false
	}
	if at == len(parts) {
		return id, id.cutShort(), true
	}
	rest := parts[at+1:]
	types, names := []string{rest[0]}, []string(nil)
	for rest = rest[1:]; len(rest) >= 2; rest = rest[2:] {
		types, names = append(types, rest[0]), append(names, rest[1])
	}
	id.Type, id.Names = strings.Join(types, "/"), names
	if len(rest) == 1 {
		tail = rest[0]
	}
	return id, tail, true
}

// parseScope reads what is before the type: nothing, a subscription, a resource group, or any other resource, which
// is a scope then.
func (id *ID) parseScope(parts []string) bool {
	if len(parts) == 0 {
		return true
	}
	if !strings.EqualFold(parts[0], "subscriptions") {
		return false
	}
	if len(parts) == 1 {
		id.Type = subscriptionType
		return true
	}
	id.Subscription, id.Type = parts[1], subscriptionType
	if len(parts) == 2 {
		return true
	}
	if !strings.EqualFold(parts[2], "resourceGroups") {
		id.Names = parts[2:] // an action, as cutShort finds
		return len(parts) == 3
	}
	id.Type = groupType
	if len(parts) == 3 {
		id.Names = []string{"resourceGroups"}
		return true
	}
	id.Group = parts[3]
	rest := parts[4:]
	for _, p := range rest {
		if strings.EqualFold(p, "providers") {
			id.Scope = "/" + strings.Join(parts, "/")
			return true
		}
	}
	id.Names = rest
	return len(rest) <= 1
}

// cutShort takes the tail off an id without a type: "resources" of a resource group.
func (id *ID) cutShort() string {
	if len(id.Names) == 0 {
		return ""
	}
	tail := id.Names[0]
	id.Names = nil
	return tail
}
