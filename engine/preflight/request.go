package preflight

import (
	"net/http"
	"strings"
)

// verbs are what a method comes to. A HEAD is a GET without the answer.
var verbs = map[string]string{
	http.MethodGet: "read", http.MethodHead: "read", http.MethodPut: "write", http.MethodPatch: "write", http.MethodDelete: "delete",
	http.MethodPost: "action",
}

// Action gives the action that Azure checks for a request to its Resource Manager, and the scope that it checks it at: the
// resource, or where a type is listed, or a verb is posted, what that is in. Path is without the query. It is not ok for a path
// that is not inside a subscription.
//
// Types and names take turns in a path, and after "providers" comes the provider of the types that follow.
func Action(method, path string) (action, scope string, ok bool) {
	verb := verbs[method]
	seg := strings.Split(strings.Trim(path, "/"), "/")
	if verb == "" || len(seg) < 2 || !strings.EqualFold(seg[0], "subscriptions") {
		return "", "", false
	}
	typ, end := "Microsoft.Resources/subscriptions", 2 // seg[:end] is the innermost resource so far
	for i := 2; i < len(seg); i += 2 {
		switch {
		case strings.EqualFold(seg[i], "providers") && i+2 < len(seg):
			typ = seg[i+1]
			continue // a provider is no resource
		case strings.EqualFold(seg[i], "deployments") && strings.HasPrefix(typ, "Microsoft.Resources/"): // the short form
			typ = "Microsoft.Resources"
		}
		typ += "/" + seg[i]
		if i+1 < len(seg) {
			end = i + 2
		}
	}
	return typ + "/" + verb, "/" + strings.Join(seg[:end], "/"), true
}
