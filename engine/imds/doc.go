// Package imds answers as the metadata service does that every VM in Azure reaches at 169.254.169.254, for the build VM of an image
// template: what the VM is, and tokens of its identities.
//
// What the template says is what the VM is said to be; the rest is made up, and does not change during a run. No part of it comes from a
// metadata service of this host. Tokens are given only for resources that a person allowed, and are told to nobody else.
// Reference: https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service
package imds

import (
	"context"
	"net/http"
	"time"
)

// Options say who is answered about.
type Options struct {
	VM     VM
	Tokens Tokens // zero: the VM has no identity that could be used

	// Say tells the run's log what the guest asked for that it did not get, and which tokens it got. It may be called at any time.
	Say func(line string)
}

// Tokens are given out for a resource in Allowed alone.
type Tokens struct {
	Allowed []string // such as https://vault.azure.net; "all" is every one
	// Get signs in as whoever uses this machine. Its error may have a method Fix() string. Nil: nobody can.
	Get func(ctx context.Context, scope string) (Token, error)
}

// Token opens what its resource says until Expires.
type Token struct {
	Value   string // secret
	Expires time.Time
	Who     string // for people
}

// AllResources stands for every resource in Tokens.Allowed.
const AllResources = "all"

// versions are the api-versions of the service, oldest first.
// Reference: the page above, "Supported API versions".
var versions = []string{
	"2017-03-01", "2017-04-02", "2017-08-01", "2017-10-01", "2017-12-01", "2018-02-01", "2018-04-02", "2018-10-01", "2019-02-01",
	"2019-03-11", "2019-04-30", "2019-06-01", "2019-06-04", "2019-08-01", "2019-08-15", "2019-11-01", "2020-06-01", "2020-07-15",
	"2020-09-01", "2020-10-01", "2020-12-01", "2021-01-01", "2021-02-01", "2021-03-01", "2021-05-01", "2021-10-01", "2021-11-01",
	"2021-11-15", "2021-12-13", "2023-07-01", "2023-11-15",
}

// eventVersions are those of scheduled events, which are counted apart.
var eventVersions = []string{"2017-08-01", "2017-11-01", "2019-01-01", "2019-04-01", "2019-08-01", "2020-07-01"}

// tokenVersions are those of tokens.
var tokenVersions = []string{"2018-02-01", "2019-08-01", "2019-11-01", "2020-06-01", "2021-02-01"}

// Handler serves the metadata of one VM. It is safe for concurrent use.
func Handler(o Options) http.Handler {
	if o.Say == nil {
		o.Say = func(string) {}
	}
	return &handler{o}
}
