package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// diskVersion is an api-version of disks.
const diskVersion = "2023-04-02"

// withDisks adds the disks that come with a virtual machine: they are resources of their own, and stay when it goes.
func (g *Gateway) withDisks(list []made, vm place, body []byte) ([]made, error) {
	root, findings := armjson.Parse("virtualMachine.json", body)
	if findings.HasErrors() {
		return nil, refuse(http.StatusBadRequest, codeRefused, "%s: the request is no JSON", vm.path)
	}
	return appendDisks(list, vm, root, diskVersion)
}

// appendDisks does so with the machine's document evaluated.
func appendDisks(list []made, vm place, machine *armjson.Node, version string) ([]made, error) {
	profile := machine.Get("properties").Get("storageProfile")
	disks := []*armjson.Node{profile.Get("osDisk")}
	if data := profile.Get("dataDisks"); data != nil {
		disks = append(disks, data.Items...)
	}
	for _, disk := range disks {
		if disk == nil {
			continue
		}
		if create := disk.Get("createOption"); create != nil && create.Kind == armjson.String && strings.EqualFold(create.Text, "Attach") {
			continue // it is there
		}
		if !disk.Get("vhd").IsNull() {
			return nil, refuse(http.StatusForbidden, codeRefused, "%s: a disk without a resource of its own cannot be recorded, "+
				"and Azure has none any more", vm.path)
		}
		name := disk.Get("name")
		if name == nil || name.Kind != armjson.String {
			return nil, refuse(http.StatusForbidden, codeRefused, "%s: a disk has no name that is known before it is made", vm.path)
		}
		where, err := readPlace(strings.Join(vm.parts4(), "/") + "/providers/Microsoft.Compute/disks/" + name.Text)
		if err != nil || len(where.parts) != 8 {
			return nil, refuse(http.StatusBadRequest, codeRefused, "%s: %.100q is no name for a disk", vm.path, name.Text)
		}
		list = append(list, made{where.id(), version})
	}
	return list, nil
}

// parts4 are the parts of the resource group's id, with the empty one before its first slash.
func (p place) parts4() []string { return append([]string{""}, p.parts[:4]...) }

// machineSeen records disks of a machine of the run's that Azure itself gave their names: those of a source image with data disks.
func (g *Gateway) machineSeen(ctx context.Context, c *call, body []byte) error {
	type disk struct {
		CreateOption string
		ManagedDisk  struct{ ID string }
	}
	var vm struct {
		Properties struct {
			StorageProfile struct {
				OSDisk    disk
				DataDisks []disk
			}
		}
	}
	if json.Unmarshal(body, &vm) != nil {
		return nil
	}
	if err := g.ledger.lock(ctx); err != nil {
		return err
	}
	defer g.ledger.unlock()
	if !g.ledger.isOurs(c.key()) {
		return nil
	}
	for _, d := range append(vm.Properties.StorageProfile.DataDisks, vm.Properties.StorageProfile.OSDisk) {
		where, err := readPlace(d.ManagedDisk.ID)
		if err != nil || !where.isResource() || where.typ() != "microsoft.compute/disks" || strings.EqualFold(d.CreateOption, "Attach") {
			continue
		}
		if _, ok := g.ledger.known[where.key()]; ok || g.ledger.foreign[where.key()] {
			continue
		}
		if err := g.created(ctx, where.id()); err != nil {
			return err
		}
	}
	return nil
}
