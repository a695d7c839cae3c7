package build

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/engine/imds"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// When a build VM on this machine is answered at 169.254.169.254.
const (
	MetadataAuto = "auto" // when a script or a file names the address, or something that asks there; "" is the same
	MetadataOn   = "on"
	MetadataOff  = "off"
)

// Metadata says who the build VM is to itself.
type Metadata struct {
	When     string   // one of the above
	Allow    []string // resources that tokens are given for, as in imds.Tokens; nil: none
	Location string   // where the image template names none
}

// Answering is what this program does for metadata services of build VMs.
type Answering struct {
	Relay  string // command that carries a connection of the guest to the socket imds.SocketName in its working directory
	Within string // the same, for the first process of a container, which sees no processes but its own
	Tokens func(ctx context.Context, scope string) (imds.Token, error)
}

// answering is the metadata service of a run.
type answering struct {
	on   bool
	step atomic.Pointer[string] // that runs now, or is about to
}

// The guest's network, as QEMU has it.
const (
	guestAddress = "10.0.2.15"
	guestSubnet  = "10.0.2.0/24"
	guestMAC     = "52:54:00:12:34:56"
)

// learnAzure finds out what of Azure the scripts and files of the plan want, and decides whether the build VM is answered. What is decided
// stays, also when the image template changes later: a card cannot be added to a machine.
func learnAzure(_ context.Context, s *state) error {
	if s.Target.Info().External {
		return nil // all of it is there
	}
	mentions, err := fidelity.Mentions(s.Plan, s.openContent)
	if err != nil {
		return err
	}
	s.unlike.mu.Lock()
	s.unlike.mentions, s.unlike.known = mentions, true
	s.unlike.mu.Unlock()
	windows := s.Plan.OS == plan.Windows
	switch when := s.Metadata.When; {
	case when == MetadataOff:
	case windows && (when == MetadataOn || len(s.Metadata.Allow) > 0):
		return &HostError{What: "build VMs with Windows are not answered at " + fidelity.MetadataAddress,
			Why: "the second network card that this takes is set up in Linux alone", Fix: "leave --metadata and --allow-identity out"}
	case when == MetadataOn, len(s.Metadata.Allow) > 0:
		s.answering.on = true
	case !windows && s.Answers.Relay != "":
		s.answering.on = s.mentioned()
	}
	if len(s.Metadata.Allow) > 0 && s.Layers.Mode == LayersOn {
		s.Layers.Mode = LayersDisk
		s.say(stepResolve, "layers: they are kept without the memory of the build VM, since there may be tokens in it (--allow-identity)")
	}
	return nil
}

// mentioned tells the first step that wants metadata, if there is one.
func (s *state) mentioned() bool {
	for _, m := range s.unlike.mentions {
		if m.Address == fidelity.MetadataAddress {
			s.say(stepResolve, fmt.Sprintf("metadata: the build VM is answered at %s, since %s has %q", m.Address, m.Step, m.Text))
			return true
		}
	}
	return false
}

// serveMetadata answers a VM until end is called.
func (s *state) serveMetadata(m machine) (end func(), err error) {
	if !s.answering.on {
		return func() {}, nil
	}
	size := s.Plan.OSDiskSizeGB
	if size == 0 {
		size = s.base.VirtualSize >> 30
	}
	server, err := imds.Serve(m.staged.Dir, s.metadataOf(imds.VM{
		Plan: s.Plan, RunID: s.id, Location: s.Metadata.Location, DiskGB: size, Address: guestAddress, Subnet: guestSubnet, MAC: guestMAC,
		Secure: m.staged.Vars["secure_boot"] == "true", TPM: m.staged.Vars["tpm"] == "true",
	}))
	if err != nil {
		return nil, fmt.Errorf("answer the build VM at %s: %w", fidelity.MetadataAddress, err)
	}
	m.staged.Vars[emit.MetadataVar] = s.Answers.Relay
	if s.Target.Info().Container {
		m.staged.Vars[emit.MetadataVar] = s.Answers.Within
	}
	return func() {
		if err := server.Close(); err != nil {
			s.say(m.shutdown, "metadata: "+err.Error())
		}
	}, nil
}

func (s *state) metadataOf(vm imds.VM) http.Handler {
	o := imds.Options{VM: vm, Say: func(line string) {
		step := ""
		if at := s.answering.step.Load(); at != nil {
			step = *at
		}
		s.emit(events.Event{Step: step, Output: &events.Output{Stream: events.Say, Text: line}})
	}}
	if s.Answers.Tokens != nil {
		o.Tokens = imds.Tokens{Allowed: s.Metadata.Allow, Get: func(ctx context.Context, scope string) (imds.Token, error) {
			t, err := s.Answers.Tokens(ctx, scope)
			if err == nil {
				s.mask.Add(events.Secret(t.Value)) // a script may print it
			}
			return t, err
		}}
	}
	return imds.Handler(o)
}

// joined is the last word of joinScript when the card is up.
const joined = "metadata-card-is-up"

// joinScript gives the guest's card its address, if it has none. Nothing of it is written to a disk, so that the image knows nothing of the
// card. The scope keeps the address from being the sender's in any other network.
var joinScript = fmt.Sprintf(`for d in /sys/class/net/*; do
	[ "$(cat "$d/address" 2>/dev/null)" = %s ] || continue
	card=${d##*/}
	ip -4 addr show dev "$card" | grep -q 'inet 169\.254\.169\.' || {
		sudo -n ip link set dev "$card" up && sudo -n ip addr add %s dev "$card" scope link
	} && echo %s
done`, imds.CardMAC, imds.CardAddress, joined)

// withMetadata lets a VM join the network of its metadata service before each step: a step may restart it. next may be nil.
func (s *state) withMetadata(m machine, next func(context.Context, packercore.Boundary) error) func(context.Context, packercore.Boundary) error {
	if !s.answering.on {
		return next
	}
	return func(ctx context.Context, at packercore.Boundary) error {
		if at.Next < len(m.steps) {
			step := m.steps[at.Next].ID
			s.answering.step.Store(&step)
			if !s.Target.Info().Container { // which has the address already
				s.join(ctx, step, at.Remote)
			}
		}
		if next == nil {
			return nil
		}
		return next(ctx, at)
	}
}

// join sets up the guest's card. A guest that cannot do it is told of; only the steps that ask for metadata fail of it.
func (s *state) join(ctx context.Context, step string, remote packercore.Remote) {
	if remote == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, eachAnswer)
	defer cancel()
	out, err := remote(ctx, joinScript)
	if err == nil && !strings.Contains(out, joined) {
		err = fmt.Errorf("its second network card could not be set up: it needs ip (of iproute2 or busybox) and sudo without a password")
	}
	if err != nil && context.Cause(ctx) == nil {
		s.say(step, "metadata: the build VM cannot reach "+fidelity.MetadataAddress+": "+err.Error())
	}
}
