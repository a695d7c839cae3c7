package azuresim

import (
	"context"
	"net/http"
	"strings"
)

// kind is a type of resource: what makes it different from a document that is put, read and deleted.
type kind struct {
	name  string // Microsoft.Compute/disks
	since string // the first api-version it is served in

	nowhere   bool   // has no location: a child, or a resource of the whole subscription
	stateless bool   // has no provisioningState
	put       answer // how a creation that takes time is answered
	drop      answer // and a deletion
	patchable bool

	// check refuses a document, or fills in what the service would. Nothing is stored yet.
	check func(*change) error
	// stored links others to the document, once it is stored.
	stored func(*change)
	// work is the long part of storing it. It runs without the lock; its error makes the resource's state "Failed".
	work func(context.Context, *change) error
	// removing is the long part of deleting it, without the lock; its error keeps
	// the resource. removed comes when it is gone from the store.
	removing func(context.Context, *Sim, *resource) error
	removed  func(*Sim, *resource)
	// view adds to what a reader is shown: the document it gets is a copy.
	view func(*Sim, *resource, *http.Request, object)
	// actions are what can be POSTed to it, by name in lower case.
	actions map[string]*action

	embeds   map[string]string // children that are shown, and may be written, in a list of its properties: by its name
	anywhere bool              // may extend any resource: it has a scope
}

// answer is how Azure says that it is not done yet.
type answer int

const (
	atOnce   answer = iota // it never takes time: 200 or 201; 200 for a deletion
	byHeader               // 201 or 200 with Azure-AsyncOperation; 202 for a deletion
	accepted               // 202 with Azure-AsyncOperation and Location
	location               // 202 with Location only
	byState                // 200 with provisioningState in the document
)

// action is what a POST does.
type action struct {
	reads bool // it only reads: the permission that it takes is its own, and no operation is started
	// do answers at once, or gives the work to be done and answers 202.
	do func(*call, *resource) (*reply, work, error)
}

// work is the long part of an action; its result is what the operation's location answers with.
type work func(context.Context) (result object, err error)

// kindOf finds the kind of a type.
func kindOf(typ string) *kind { return kindsByName[strings.ToLower(typ)] }

var kindsByName = map[string]*kind{}

func init() {
	for _, k := range allKinds() {
		kindsByName[strings.ToLower(k.name)] = k
	}
}
