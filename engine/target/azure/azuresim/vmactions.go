package azuresim

import (
	"context"
	"net/http"
	"strings"
	"time"
)

func vmActions() map[string]*action {
	return map[string]*action{
		"start":      power(powerRunning, Guest.PowerOn),
		"poweroff":   power(powerStopped, Guest.PowerOff),
		"deallocate": power(powerDeallocated, Guest.PowerOff),
		"restart": power(powerRunning, func(g Guest, ctx context.Context) error {
			if err := g.PowerOff(ctx); err != nil {
				return err
			}
			return g.PowerOn(ctx)
		}),
		"generalize": {do: generalize},
	}
}

// power makes an action that turns the guest on or off.
func power(becomes string, turn func(Guest, context.Context) error) *action {
	return &action{do: func(c *call, r *resource) (*reply, work, error) {
		s := c.sim
		if becomes == powerRunning && r.guest.generalized {
			return nil, nil, refuse(http.StatusConflict, "OperationNotAllowed",
				"Operation 'start' is not allowed on VM '%s' since the VM is generalized.", r.id.Name())
		}
		was := r.guest.power
		return nil, func(ctx context.Context) (object, error) {
			s.mu.Lock()
			g := r.guest.guest
			s.mu.Unlock()
			on := was == powerRunning
			if g != nil && on != (becomes == powerRunning) || g != nil && on && becomes == powerRunning {
				if err := turn(g, ctx); err != nil {
					return nil, err
				}
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			r.guest.power = becomes
			return nil, nil
		}, nil
	}}
}

// generalize marks a machine that is off as one that images can be made of. Azure looks at no disk for that, and
// neither does the emulator.
func generalize(_ *call, r *resource) (*reply, work, error) {
	if r.guest.power == powerRunning || r.guest.power == powerStarting {
		return nil, nil, refuse(http.StatusConflict, "OperationNotAllowed",
			"Cannot generalize VM '%s' because it is running. Please power off the virtual machine before setting it to "+
				"generalized.", r.id.Name())
	}
	r.guest.generalized = true
	return &reply{status: http.StatusOK}, nil, nil
}

// viewVM adds the instance view, if that was asked for.
func viewVM(s *Sim, res *resource, r *http.Request, o object) {
	var resources []any
	for _, child := range s.store.children(res.id, "extensions") {
		resources = append(resources, s.show(child, r))
	}
	if resources != nil {
		o["resources"] = resources
	}
	if r != nil && strings.EqualFold(r.URL.Query().Get("$expand"), "instanceView") {
		set(o, vmInstanceView(res), "properties", "instanceView")
	}
}

func instanceView(c *call) (*reply, error) {
	r := c.sim.store.get(c.id)
	if r == nil {
		return nil, notFound(c.id)
	}
	return ok(vmInstanceView(r)), nil
}

// vmInstanceView tells how a machine does.
func vmInstanceView(r *resource) object {
	status := func(code, shown string) object {
		return object{"code": code, "level": "Info", "displayStatus": shown, "time": stamp(time.Now())}
	}
	statuses := []any{
		status("ProvisioningState/"+strings.ToLower(r.state()), "Provisioning "+strings.ToLower(r.state())),
		status("PowerState/"+r.guest.power, "VM "+r.guest.power),
	}
	if r.guest.generalized {
		statuses = append(statuses, status("OSState/generalized", "VM generalized"))
	}
	view := object{
		"computerName":     text(r.body, "properties", "osProfile", "computerName"),
		"hyperVGeneration": text(r.secret, "generation"), "statuses": statuses,
		"osName": text(r.body, "properties", "storageProfile", "osDisk", "osType"),
	}
	if r.guest.power == powerRunning {
		view["vmAgent"] = object{"vmAgentVersion": "2.9.1.1",
			"statuses": []any{status("ProvisioningState/succeeded", "Ready")}}
	}
	return view
}
