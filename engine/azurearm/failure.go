package azurearm

import (
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

// Kind is what sort of failure it was: what a caller acts by.
type Kind string

// The kinds. Other is a failure that no row of the table is about.
const (
	Other        Kind = "other"
	Auth         Kind = "auth"         // nobody is signed in, or somebody of another tenant
	Denied       Kind = "denied"       // a permission is missing
	Policy       Kind = "policy"       // a policy assignment forbids it
	Locked       Kind = "locked"       // a lock forbids it
	Terms        Kind = "terms"        // a marketplace offer was not agreed to, or cannot be bought
	Unregistered Kind = "unregistered" // the subscription does not use the resource provider
	Throttled    Kind = "throttled"    // too many requests for now
	Quota        Kind = "quota"        // a limit of the subscription is reached
	Capacity     Kind = "capacity"     // the region or zone has no room for now
	NotAvailable Kind = "notAvailable" // the region or subscription does not have it
	NotFound     Kind = "notFound"     // something it refers to is not there
	Conflict     Kind = "conflict"     // something is there already, in use, or being changed
	Invalid      Kind = "invalid"      // the request cannot be met as it is
	Machine      Kind = "machine"      // the VM was made, and did not come up or went away
	Fault        Kind = "fault"        // of the service, or on the way to it: may be gone the next time
)

// Failure is what an error of Azure comes down to. All its text is fit to be shown: signatures and tokens are masked, it is one line
// of UTF-8, and cut where it is long.
type Failure struct {
	Kind     Kind
	Status   int      // of HTTP; 0 if it is not known
	Code     string   // of the innermost error: AuthorizationFailed. "" if Azure gave none
	Message  string   // of the innermost error
	Target   string   // the part of the request that it is about, if Azure says so
	Resource string   // id of the resource that it is about: the innermost one that is named
	Outer    []string // the codes around the innermost, outermost first: DeploymentFailed, Conflict

	What, Why, Fix string // for people. Fix is "" where nobody knows one
	OtherSize      bool   // a VM of another size may be made where this one could not

	RetryAfter time.Duration // how long Azure asks to wait; 0 if it does not
	Err        error         // what was explained; nil if that was no error
}

func (f *Failure) Error() string {
	if f.Code == "" {
		return f.What
	}
	return f.What + ": " + f.Code
}

func (f *Failure) Unwrap() error { return f.Err }

// Problem is the failure as it is shown. Azure's own words are the last of the reasons, since they may say more than the table knows.
func (f *Failure) Problem() events.Problem {
	p := events.Problem{What: f.What, Where: f.Resource, Why: f.Why, Fix: f.Fix}
	said := f.Message
	if f.Code != "" && said != "" {
		said = f.Code + ": " + said
	}
	if said != "" {
		if p.Why != "" {
			p.Why += "\n"
		}
		p.Why += "Azure says: " + said
	}
	return p
}
