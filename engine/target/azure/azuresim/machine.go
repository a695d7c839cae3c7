package azuresim

import (
	"context"
	"errors"
	"net/netip"
	"syscall"
)

// Machines make what runs in the place of virtual machines.
type Machines interface {
	// Start makes a guest for a new virtual machine and turns it on. It returns when somebody can connect to it, or when
	// nobody ever will. An address that is in use already is told by an error that is syscall.EADDRINUSE; there is another
	// one then.
	Start(ctx context.Context, m Machine) (Guest, error)
}

// Machine says what a guest is to be.
type Machine struct {
	ID, Name       string     // of the virtual machine
	Disk           string     // the name of its OS disk, if Machines are Disks: what is there under it is on the disk
	Addr           netip.Addr // a loopback address that is its own
	Windows        bool
	Size           string
	Specialized    bool     // its disk has users already: those below are none
	User, Password string   // of the administrator; the password may be ""
	Keys           []string // that may sign in, as in authorized_keys
	CustomData     []byte
	Certificate    []byte // PFX for WinRM, as base64 of the JSON that vaults keep for machines; nil without one
}

// Guest is a machine that was made. Its methods are not called at the same time.
type Guest interface {
	Addr() netip.Addr
	PowerOff(context.Context) error
	PowerOn(context.Context) error // with the disk that it had
	Destroy() error                // also of one that is off; it is not used any more
}

// noMachines have no guest: virtual machines are there at once, and nobody answers at their addresses.
type noMachines struct{}

type noGuest struct{ addr netip.Addr }

func (noMachines) Start(_ context.Context, m Machine) (Guest, error) { return noGuest{m.Addr}, nil }

func (g noGuest) Addr() netip.Addr             { return g.addr }
func (noGuest) PowerOff(context.Context) error { return nil }
func (noGuest) PowerOn(context.Context) error  { return nil }
func (noGuest) Destroy() error                 { return nil }

// The states that the power of a virtual machine can be in, as its instance view spells them.
const (
	powerStarting    = "starting"
	powerRunning     = "running"
	powerStopped     = "stopped"
	powerDeallocated = "deallocated"
)

// guestState is what is known of a virtual machine beside its document.
type guestState struct {
	guest       Guest
	addr        netip.Addr
	power       string
	generalized bool
}

// newAddr is a random one of 127.64.0.0/10, so that emulators beside each other seldom meet. Linux has all of
// 127.0.0.0/8 on its loopback interface; elsewhere addresses have to be added to it first.
func newAddr() netip.Addr {
	b := randomBytes(3)
	return netip.AddrFrom4([4]byte{127, 64 | b[0]&63, b[1], 1 + b[2]%254})
}

// startGuest makes a guest at an address that is free.
func (s *Sim) startGuest(ctx context.Context, m Machine) (Guest, error) {
	var err error
	for range 5 {
		var g Guest
		m.Addr = newAddr()
		if g, err = s.opts.Machines.Start(ctx, m); !errors.Is(err, syscall.EADDRINUSE) {
			return g, err
		}
	}
	return nil, err
}

// destroyGuest ends the guest of a virtual machine that is gone. What its end complains about is nobody's to mend.
func (s *Sim) destroyGuest(r *resource) {
	if r.guest != nil && r.guest.guest != nil {
		_ = r.guest.guest.Destroy()
		r.guest.guest = nil
	}
}
