package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// Options are what a gateway needs to know. Account and Created have to be set.
type Options struct {
	Account *azurearm.Account

	// Plugin is the version of the plugin: "2.6.3"; "" is any from 2.0 on. One before 2.0 is served over TLS, with the certificate of an
	// authority made for it.
	Plugin string
	Dir    string // existing folder for that certificate, gateway-ca.pem; only before 2.0

	// Created is told the id of a resource before the request that makes it is sent; a context that outlives the request comes with it. When
	// it fails, nothing is sent, and the plugin gets an error. Calls come one at a time, and once for a resource that is not Known.
	Created func(ctx context.Context, id string) error
	// Gone is told that a resource was deleted and is not there any more, or nil. Calls come one at a time.
	Gone func(id string)
	// Known are resources that the run has recorded already, such as its staging group: they and all that is in them are the run's.
	Known []string

	// Remove has the gateway itself delete what the plugin deletes, beside the build. Close waits for it; what could not be deleted then is
	// still in the ledger.
	Remove bool

	Say  func(line string)               // what a person should know, such as that Azure wants it slower; or nil
	Wait func(ctx context.Context) error // called before each request to Azure, own ones included; or nil

	// Poll is the longest that a repeated GET is held while Azure names no time; 0 is DefaultPoll, and less than 0 holds nothing.
	// Patience is how long Close waits for deletions; 0 is ten minutes.
	Patience time.Duration
	Poll     time.Duration
}

// DefaultPoll is how often the state of something is asked for in the end, when Azure does not say how often.
const DefaultPoll = 2 * time.Second

// fill checks the options, and gives Resource Manager's address.
func (o *Options) fill() (*url.URL, error) {
	if o.Account == nil || o.Created == nil {
		return nil, errors.New("gateway: an Account and a Created are needed")
	}
	manager, err := url.Parse(o.Account.Endpoint())
	if err != nil || manager.Scheme != "https" || manager.Host == "" || manager.Path != "" || manager.User != nil {
		return nil, fmt.Errorf("the address of Resource Manager is %q: an https URL without a path is wanted", o.Account.Endpoint())
	}
	if o.secure() && o.Dir == "" {
		return nil, fmt.Errorf("gateway: version %s of the plugin needs a folder for a certificate", o.Plugin)
	}
	if o.Gone == nil {
		o.Gone = func(string) {}
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Wait == nil {
		o.Wait = func(context.Context) error { return nil }
	}
	if o.Poll == 0 {
		o.Poll = DefaultPoll
	}
	return manager, nil
}

// secure reports whether the plugin insists on TLS.
func (o *Options) secure() bool {
	major, _, _ := strings.Cut(strings.TrimPrefix(o.Plugin, "v"), ".")
	return major == "0" || major == "1"
}
