package preflight

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

// Input is an image template that is to be built on Azure.
type Input struct {
	File string // as messages name it
	Plan *plan.Plan
}

// Options are what plans do not say.
type Options struct {
	// Subscription is where the build VM is made: an id. "" takes the one that the plan's own ids ask for; or Usual, where these do not.
	Subscription, Usual string
	Location            string // where a build VM is made whose image template does not say it
}

// Needs are what builds need. Both lists are sorted, and nothing is in them twice.
type Needs struct {
	Facts       []Fact       `json:"facts"`
	Permissions []Permission `json:"permissions"`
}

// Place is a part of an image template.
type Place struct {
	File string `json:"file"`
	Path string `json:"path"` // properties.distribute[0]
}

// Holder is whose permission it is: Builder, or the resource id of an identity of the build VM.
type Holder string

// Builder is whoever Ingot is in Azure; the plugin is the same.
const Builder Holder = "builder"

// Permission is the right to do one action at one scope.
type Permission struct {
	Holder Holder `json:"holder"`
	Action string `json:"action"` // Microsoft.Compute/disks/read
	Data   bool   `json:"data"`   // of what is in a resource; else of the resource
	// Scope is a resource id; or the URL of a blob container, whose resource id is not known without asking Azure.
	Scope string `json:"scope"`
	// Homes are the scopes of the subscriptions to look for such a container in; else nil.
	Homes []string `json:"homes,omitempty"`
	// Likely is set where a script mentions an address and nobody can tell what it does there.
	Likely  bool     `json:"likely,omitempty"`
	Reasons []Reason `json:"reasons"`
}

// Reason is a request that needs a permission.
type Reason struct {
	Place
	By      Caller `json:"by"`
	Request string `json:"request"` // PUT Microsoft.Compute/snapshots
	For     string `json:"for"`     // keep the OS disk
}

// Caller is who makes a request, or is said to.
type Caller string

// The callers.
const (
	Ingot      Caller = "ingot"
	Plugin     Caller = "plugin"     // HashiCorp's azure plugin
	Deployment Caller = "deployment" // Azure, which deploys the plugin's template in the builder's name
	Link       Caller = "link"       // no request: Azure checks it where a request points at another resource
	Script     Caller = "script"     // a customizer or validator, on the build VM
)

// call is a request in the tables of this package.
type call struct {
	action string
	by     Caller
	why    string // as in Reason.For
}

// request gives the request that an action is checked for. What is listed is read too.
func (c call) request() string {
	i := strings.LastIndexByte(c.action, '/')
	typ, verb := c.action[:i], c.action[i+1:]
	switch verb {
	case "read":
		return "GET " + typ
	case "write":
		return "PUT " + typ
	case "delete":
		return "DELETE " + typ
	default: // …/deallocate/action
		return "POST " + typ
	}
}

// add notes a permission.
func (n *Needs) add(p Permission) {
	for i := range n.Permissions {
		if old := &n.Permissions[i]; old.Holder == p.Holder && old.Data == p.Data && strings.EqualFold(old.Action, p.Action) &&
			strings.EqualFold(old.Scope, p.Scope) {
			old.Likely = old.Likely && p.Likely
			for _, h := range p.Homes {
				if !slices.Contains(old.Homes, h) {
					old.Homes = append(old.Homes, h)
				}
			}
			old.Reasons = append(old.Reasons, p.Reasons...)
			return
		}
	}
	n.Permissions = append(n.Permissions, p)
}

// settle folds what a wider scope has anyway into that, and sorts.
func (n *Needs) settle() {
	all := n.Permissions
	n.Permissions = nil
	slices.SortFunc(all, func(a, b Permission) int { return cmp.Compare(len(a.Scope), len(b.Scope)) }) // the wider is the shorter
	for _, p := range all {
		i := slices.IndexFunc(n.Permissions, func(wide Permission) bool {
			return wide.Holder == p.Holder && wide.Data == p.Data && !wide.Likely && strings.EqualFold(wide.Action, p.Action) &&
				within(p.Scope, wide.Scope)
		})
		if i < 0 {
			n.Permissions = append(n.Permissions, p)
			continue
		}
		n.Permissions[i].Reasons = append(n.Permissions[i].Reasons, p.Reasons...)
	}
	for i := range n.Permissions {
		n.Permissions[i].Reasons = distinct(n.Permissions[i].Reasons)
		slices.Sort(n.Permissions[i].Homes)
	}
	slices.SortFunc(n.Permissions, func(a, b Permission) int {
		return cmp.Or(-cmp.Compare(btoi(a.Holder == Builder), btoi(b.Holder == Builder)), cmp.Compare(a.Holder, b.Holder),
			compareFold(a.Scope, b.Scope), cmp.Compare(btoi(a.Data), btoi(b.Data)), compareFold(a.Action, b.Action))
	})
	slices.SortStableFunc(n.Facts, func(a, b Fact) int {
		return cmp.Or(cmp.Compare(kindRank(a.Kind), kindRank(b.Kind)), compareFold(a.Subject, b.Subject))
	})
}

// distinct keeps the first of equal reasons. The order is that of templates, and in one that of the tables.
func distinct(all []Reason) []Reason {
	var kept []Reason
	for _, r := range all {
		if !slices.Contains(kept, r) {
			kept = append(kept, r)
		}
	}
	return kept
}

func compareFold(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
