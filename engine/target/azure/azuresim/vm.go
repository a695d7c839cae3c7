package azuresim

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// checkVM fills in what Azure decides about a new virtual machine, and takes its secrets away.
func checkVM(c *change) error {
	b := c.body()
	hideVMSecrets(c)
	if c.old != nil {
		set(b, at(c.old.body, "properties", "vmId"), "properties", "vmId")
		fill(b, clone(at(c.old.body, "properties", "storageProfile")), "properties", "storageProfile")
		return nil
	}
	if err := c.sim.checkSize(c); err != nil {
		return err
	}
	for _, nic := range items(b, "properties", "networkProfile", "networkInterfaces") {
		r := c.sim.store.find(text(nic, "id"))
		if r == nil {
			return refuse(http.StatusBadRequest, "InvalidParameter", "A network interface of '%s' has no id.", c.id.Name())
		}
		if vm := text(r.body, "properties", "virtualMachine", "id"); vm != "" {
			return refuse(http.StatusConflict, "OperationNotAllowed",
				"Network interface '%s' is in use by virtual machine '%s'.", r.id, vm)
		}
	}
	if len(items(b, "properties", "networkProfile", "networkInterfaces")) == 0 {
		return refuse(http.StatusBadRequest, "InvalidParameter", "Virtual machine must have at least one network interface.")
	}
	source, err := c.sim.vmSource(c)
	if err != nil {
		return err
	}
	set(b, randomUUID(), "properties", "vmId")
	fill(b, stamp(c.res.created), "properties", "timeCreated")
	c.res.guest = &guestState{power: powerStarting}
	return c.completeDisks(source)
}

// hideVMSecrets keeps what a reader is not shown.
func hideVMSecrets(c *change) {
	for _, name := range []string{"adminPassword", "customData"} {
		if v := at(c.body(), "properties", "osProfile", name); v != nil {
			c.res.secret[name] = v
			unset(c.body(), "properties", "osProfile", name)
		}
	}
	unset(c.body(), "properties", "instanceView")
	if c.body()["properties"].(object)["osProfile"] == nil {
		return
	}
	fill(c.body(), []any{}, "properties", "osProfile", "secrets")
	fill(c.body(), true, "properties", "osProfile", "allowExtensionOperations")
}

// storedVM ties the interfaces and disks to the machine.
func storedVM(c *change) {
	if c.old != nil {
		return
	}
	for _, nic := range items(c.body(), "properties", "networkProfile", "networkInterfaces") {
		set(c.sim.store.find(text(nic, "id")).body, object{"id": c.res.id.String()}, "properties", "virtualMachine")
	}
	c.sim.makeDisks(c)
}

// machine is what the guest is made from.
func (s *Sim) machine(r *resource) Machine {
	p := at(r.body, "properties")
	m := Machine{
		ID: r.id.String(), Name: r.id.Name(), Disk: s.diskName(r), Size: text(p, "hardwareProfile", "vmSize"),
		Windows: strings.EqualFold(text(p, "storageProfile", "osDisk", "osType"), "Windows"),
		User:    text(p, "osProfile", "adminUsername"), Password: text(r.secret, "adminPassword"),
		Specialized: at(p, "osProfile") == nil,
	}
	m.CustomData, _ = base64.StdEncoding.DecodeString(text(r.secret, "customData"))
	for _, key := range items(p, "osProfile", "linuxConfiguration", "ssh", "publicKeys") {
		m.Keys = append(m.Keys, text(key, "keyData"))
	}
	for _, from := range items(p, "osProfile", "secrets") {
		for _, cert := range items(from, "vaultCertificates") {
			m.Certificate = s.secretAt(text(cert, "certificateUrl"))
		}
	}
	return m
}

// startVM is the long part of a new virtual machine.
func startVM(ctx context.Context, c *change) error {
	s := c.sim
	s.mu.Lock()
	size := text(c.body(), "properties", "hardwareProfile", "vmSize")
	fresh, m, from := c.res.guest.guest == nil, s.machine(c.res), text(c.res.secret, "from")
	s.mu.Unlock()
	if !fresh { // an update
		return nil
	}
	if slices.ContainsFunc(s.opts.NoCapacity, func(n string) bool { return strings.EqualFold(n, size) }) {
		return refuse(http.StatusConflict, "AllocationFailed",
			"Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more about "+
				"improving likelihood of allocation success at https://aka.ms/allocation-guidance")
	}
	if err := s.copyDisk(ctx, from, m.Disk); err != nil {
		return err
	}
	guest, err := s.startGuest(ctx, m)
	if err != nil {
		return refuse(http.StatusConflict, "OSProvisioningTimedOut",
			"OS Provisioning for VM '%s' did not finish in the allotted time: %v", c.id.Name(), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.store.get(c.id) != c.res { // deleted meanwhile
		_ = guest.Destroy()
		return nil
	}
	c.res.guest.guest, c.res.guest.addr, c.res.guest.power = guest, guest.Addr(), powerRunning
	for _, nic := range s.interfaces(c.res) {
		for _, conf := range items(nic.body, "properties", "ipConfigurations") {
			set(conf.(object), guest.Addr().String(), "properties", "privateIPAddress")
		}
	}
	return nil
}

// interfaces are those of a virtual machine.
func (s *Sim) interfaces(vm *resource) []*resource {
	var found []*resource
	for _, nic := range items(vm.body, "properties", "networkProfile", "networkInterfaces") {
		if r := s.store.find(text(nic, "id")); r != nil {
			found = append(found, r)
		}
	}
	return found
}

// removeVM turns the guest off before the machine goes.
func removeVM(_ context.Context, s *Sim, r *resource) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.destroyGuest(r)
	return nil
}

// removedVM unties what was the machine's, or deletes it with the machine where that was asked for.
func removedVM(s *Sim, r *resource) {
	for _, ref := range items(r.body, "properties", "networkProfile", "networkInterfaces") {
		nic := s.store.find(text(ref, "id"))
		if nic == nil {
			continue
		}
		unset(nic.body, "properties", "virtualMachine")
		if strings.EqualFold(text(ref, "properties", "deleteOption"), "Delete") {
			s.forget(nic)
		}
	}
	for _, d := range vmDisks(r.body) {
		disk := s.store.find(text(d, "managedDisk", "id"))
		if disk == nil {
			continue
		}
		delete(disk.body, "managedBy")
		set(disk.body, "Unattached", "properties", "diskState")
		if strings.EqualFold(text(d, "deleteOption"), "Delete") {
			s.forget(disk)
		}
	}
}
