package preflight

import (
	"cmp"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

// unknownSubscription stands in a scope for a subscription that nothing names.
const unknownSubscription = "{subscription}"

// parts derive what the parts of a build need, in the order of a build: a reason of an earlier one is shown first.
var parts = []func(*deriver) error{
	(*deriver).staging, // first: it decides which scope the others are at
	(*deriver).source,
	(*deriver).machine,
	(*deriver).network,
	(*deriver).certificate,
	(*deriver).scripts,
	(*deriver).capture,
	(*deriver).validation,
	(*deriver).distribution,
	(*deriver).providers, // last: these two look at what the others need
	(*deriver).policies,
}

// IDError is about an id in an image template that cannot be taken apart. Its text begins with the property.
type IDError struct {
	File string
	err  error
}

func (e *IDError) Error() string { return e.err.Error() }

// Derive says what the builds of all inputs need together. The error is an *IDError.
func Derive(inputs []Input, o Options) (*Needs, error) {
	n := &Needs{}
	for _, in := range inputs {
		d := &deriver{own: &Needs{}, file: in.File, plan: in.Plan, location: regionName(cmp.Or(in.Plan.Azure.Location, o.Location))}
		d.home = subscriptionScope(cmp.Or(Subscription(in.Plan, o.Subscription, o.Usual), unknownSubscription))
		for _, derive := range parts {
			if err := derive(d); err != nil {
				return nil, &IDError{in.File, err}
			}
		}
		for _, p := range d.own.Permissions {
			n.add(p)
		}
		n.addFacts(d.own.Facts)
	}
	n.settle()
	return n, nil
}

// deriver looks at one plan.
type deriver struct {
	own      *Needs // of this plan alone
	file     string
	plan     *plan.Plan
	home     string // the scope of the subscription that the build VM is made in
	group    string // the scope that the build VM is made in: the staging resource group, or home where Ingot makes that
	location string // of the build VM; "" if it is not known
}

// need notes permissions of the builder.
func (d *deriver) need(scope, path string, calls ...call) {
	for _, c := range calls {
		d.own.add(Permission{Holder: Builder, Action: c.action, Scope: scope, Reasons: []Reason{d.reason(path, c)}})
	}
}

// needData is need for what is inside a resource.
func (d *deriver) needData(scope, path string, calls ...call) {
	for _, c := range calls {
		p := Permission{Holder: Builder, Action: c.action, Data: true, Scope: scope, Reasons: []Reason{d.reason(path, c)}}
		if isURL(scope) {
			p.Homes = []string{d.home}
		}
		d.own.add(p)
	}
}

func (d *deriver) reason(path string, c call) Reason {
	return Reason{Place{d.file, path}, c.by, c.request(), c.why}
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func (d *deriver) windows() bool { return d.plan.OS == plan.Windows }

// builds reports whether anything is built. A validation of the source alone makes one machine and keeps nothing.
func (d *deriver) builds() bool { return d.plan.Validation == nil || !d.plan.Validation.SourceOnly }
