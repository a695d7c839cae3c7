package azuresim

import (
	"net/netip"
	"time"
)

// Options say how an emulated Azure behaves. The zero Options is a healthy one whose machines have no guest.
type Options struct {
	Addr netip.AddrPort // of HTTPS; the zero AddrPort is a free port of 127.0.0.1. Loopback only
	HTTP netip.AddrPort // the same without TLS; also the proxy for the names of vaults and storage accounts

	Dir string // of files: the certificate; "" is that for temporary files

	TenantID      string   // "" is DefaultTenant
	Subscriptions []string // nil is DefaultSubscription alone
	ClientSecret  string   // what a service principal has to give; "" takes any
	TokenLifetime time.Duration

	Machines Machines // what runs in the place of virtual machines; nil: nothing does
	Blobs    *Blobs   // keeps the blobs of all storage accounts; nil: blob requests are answered with 503

	// Pace is how long a long operation takes beside its work; Replication is the same for one region of an image version.
	Pace, Replication time.Duration

	// DeleteWait is how long a deletion waits for what holds the resource before it is refused. Azure does not wait, and
	// there are clients that delete everything at once and try again after 10 s, and then 20: it spares tests those.
	DeleteWait time.Duration

	PageSize int // of lists: what is beyond it is at nextLink; 0: all lists are on one page

	Faults       []*Fault        // see Fault
	Granted      []Grant         // actions that the caller has permission for; nil: all
	Denied       []Denial        // actions that the caller has no permission for
	Policies     []Policy        // policy assignments that deny
	Quota        map[string]int  // limits of vCPUs by family ("standardDSv3Family") and of all ("cores"); else DefaultQuota
	NoCapacity   []string        // sizes that no region has room for: AllocationFailed
	Unregistered []string        // providers the subscription is not registered for, until it registers
	Images       []PlatformImage // of the marketplace, beside PlatformImages
}

// What an emulator has when nothing else is asked for.
const (
	DefaultTenant       = "11111111-1111-1111-1111-111111111111"
	DefaultSubscription = "00000000-0000-0000-0000-000000000001"
	DefaultQuota        = 100
	defaultLifetime     = time.Hour
)

// Cloud is the name that the emulator has as a cloud. It is unknown to every client, so that one which does not reach
// the emulator has nowhere to go.
const Cloud = "AzureSim"

// Suffix is what the names of vaults and storage accounts end with; no name server knows it.
const Suffix = "azuresim.test"

func (o *Options) fill() {
	if o.TenantID == "" {
		o.TenantID = DefaultTenant
	}
	if o.Subscriptions == nil {
		o.Subscriptions = []string{DefaultSubscription}
	}
	if o.TokenLifetime == 0 {
		o.TokenLifetime = defaultLifetime
	}
	if o.Machines == nil {
		o.Machines = noMachines{}
	}
}
