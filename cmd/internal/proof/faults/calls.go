package main

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// nameOf says what a call is for, without whose: "PUT Microsoft.Compute/virtualMachines", "POST
// Microsoft.Compute/virtualMachines/deallocate", "GET Microsoft.Compute/galleries/images/versions". All polls of a provider are one.
func nameOf(method, path string) string {
	lower := strings.ToLower(path)
	switch {
	case strings.HasSuffix(lower, "/token"):
		return method + " token"
	case strings.HasPrefix(lower, "/metadata/"), strings.HasPrefix(lower, "/common/"), strings.Contains(lower, "/.well-known/"):
		return method + " metadata"
	case !strings.HasPrefix(lower, "/subscriptions") && !strings.HasPrefix(lower, "/providers/"):
		return method + " blob"
	}
	rest, what := path, ""
	if i := strings.LastIndex(lower, "/providers/"); i >= 0 {
		what, rest, _ = strings.Cut(path[i+len("/providers/"):], "/")
		rest = "/" + rest
	}
	var parts []string
	if what != "" {
		parts = append(parts, what)
	}
	segments := strings.FieldsFunc(rest, func(c rune) bool { return c == '/' })
	for i := 0; i < len(segments); i += 2 { // a type, and a name
		parts = append(parts, segments[i])
	}
	if what == "" && len(parts) > 1 {
		parts = parts[1:] // subscriptions
	}
	name := method + " " + strings.Join(parts, "/")
	if method == "GET" && len(segments)%2 == 1 {
		name += " (list)"
	}
	return strings.Replace(name, "resourcegroups", "resourceGroups", 1)
}

// callsOf are the different calls of a build, in the order in which each came first.
func callsOf(list []azuresim.Call) []string {
	var names []string
	for _, c := range list {
		if name := nameOf(c.Method, c.Path); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
