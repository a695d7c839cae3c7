package main

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/proof/rig"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// A column is one thing that goes wrong with a call, once, and what a build may make of it. It may always succeed, with all that was
// wanted: that is what trying again is for.
type column struct {
	name   string
	fault  azuresim.Fault
	rows   string         // only calls whose name has it
	fails  bool           // the build may fail; else it has to succeed
	says   *regexp.Regexp // what the explanation of a failure has to have in it
	within time.Duration  // a limit for the build, where it would wait for ever
}

// marker is in the message of each fault, so that an explanation can be told to be about it.
const marker = "a fault that was made"

func status(code int, name string) azuresim.Fault {
	return azuresim.Fault{Status: code, Code: name, Message: marker}
}

// columns is the table of what is allowed.
//
// An answer that says "later" or nothing at all (429, 500, a connection that is cut, a token that has run out) is no reason to fail: the
// same call is made again. One that says "no" may be the end of the build, which then says why, in Azure's words.
var columns = []column{
	{name: "403", fault: status(http.StatusForbidden, "AuthorizationFailed"), fails: true, says: says(marker, "AuthorizationFailed", "orbid")},
	{name: "404", fault: status(http.StatusNotFound, "ResourceNotFound"), fails: true,
		says: says(marker, "NotFound", "404", "does not exist", "not found", "gone", "is not there", "has no image", "Cannot locate")},
	{name: "409", fault: status(http.StatusConflict, "Conflict"), fails: true, says: says(marker, "Conflict", "in use or being changed")},
	{name: "429", fault: azuresim.Fault{Status: http.StatusTooManyRequests, Code: "TooManyRequests", Message: marker,
		RetryAfter: time.Second}},
	{name: "500", fault: status(http.StatusInternalServerError, "InternalServerError")},
	{name: "dropped", fault: azuresim.Fault{Drop: true}},
	{name: "no JSON", fault: azuresim.Fault{Status: http.StatusOK, Body: "<html><body>" + marker + "</body></html>"}, fails: true,
		says: says("JSON", "json", "invalid character", "HTML", "html", marker)},
	{name: "stuck", fault: azuresim.Fault{Stuck: true}, fails: true, within: stuckLimit,
		says: says("time", "deadline", "did not end", "not finish", "not gone")},
	{name: "no copy", fault: azuresim.Fault{Region: rig.Far, Stuck: true}, rows: "PUT Microsoft.Compute/galleries/images/versions",
		fails: true, within: stuckLimit, says: says(rig.Far)},
	{name: "lost VM", fault: azuresim.Fault{LoseVM: true}, fails: true,
		// Version 1.4.5 of the plugin crashes where it expected the machine; that it did is what can be said then.
		says: says("virtual machine", "VM", "virtualMachines", "NotFound", "connection", `plugin "azure"`)},
	{name: "401", fault: status(http.StatusUnauthorized, "ExpiredAuthenticationToken")},
}

// stuckLimit is how long a build may take in which something never ends.
const stuckLimit = 25 * time.Second

// says makes an expression of words of which one has to be there.
func says(words ...string) *regexp.Regexp {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = regexp.QuoteMeta(w)
	}
	return regexp.MustCompile(strings.Join(quoted, "|"))
}

// applies tells whether a fault can happen to a call.
func (c *column) applies(call string) bool {
	method, what, _ := strings.Cut(call, " ")
	switch {
	case c.rows != "":
		return call == c.rows
	case c.fault.Status == http.StatusUnauthorized: // there is a token in it
		return what != "token" && what != "metadata" && what != "blob"
	case c.fault.Stuck: // only what changes something takes long
		return method != http.MethodGet && method != http.MethodHead && what != "token" && what != "blob"
	case c.fault.LoseVM: // it is in a resource group
		return strings.Contains(what, "Microsoft.Compute/") || strings.Contains(what, "Microsoft.Network/") ||
			strings.HasPrefix(what, "resourceGroups")
	}
	return true
}

// rule is the fault of a cell: it happens to the first call of that name.
func (c *column) rule(call string) *azuresim.Fault {
	f := c.fault
	method, _, _ := strings.Cut(call, " ")
	f.Fits = func(m, path string) bool {
		if f.Region != "" { // it is the copy that fits, and has no method
			return true
		}
		return m == method && nameOf(m, path) == call
	}
	return &f
}
