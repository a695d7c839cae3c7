package azuresim

import (
	"net/http"
	"strings"
	"time"
)

// hold says that a resource of a kind cannot be deleted while another refers to it, or to what is inside it.
type hold struct {
	held, by string
	status   int
	code     string
	message  string // the names of both are filled in
}

var holds = []hold{
	{nicType, vmType, http.StatusBadRequest, "NicInUse",
		"Network Interface %s is used by existing resource %s. In order to delete the network interface, it must be " +
			"dissociated from the resource."},
	{ipType, nicType, http.StatusBadRequest, "PublicIPAddressCannotBeDeleted",
		"Public IP address %s can not be deleted since it is still allocated to resource %s."},
	{subnetType, nicType, http.StatusBadRequest, "InUseSubnetCannotBeDeleted",
		"Subnet %s is in use by %s and cannot be deleted."},
	{vnetType, nicType, http.StatusBadRequest, "InUseSubnetCannotBeDeleted",
		"A subnet of %s is in use by %s and cannot be deleted."},
	{nsgType, nicType, http.StatusBadRequest, "InUseNetworkSecurityGroupCannotBeDeleted",
		"Network security group %s cannot be deleted because it is in use by %s."},
	{nsgType, subnetType, http.StatusBadRequest, "InUseNetworkSecurityGroupCannotBeDeleted",
		"Network security group %s cannot be deleted because it is in use by %s."},
	{diskType, vmType, http.StatusConflict, "OperationNotAllowed",
		"Disk %s is attached to VM %s."},
}

// nested are the kinds that cannot be deleted while something is inside them.
var nested = map[string]bool{strings.ToLower(galleryType): true, strings.ToLower(definitionType): true}

// checkHeld refuses the deletion of a resource that another needs.
func (s *Sim) checkHeld(r *resource) error {
	if nested[strings.ToLower(r.id.Type)] {
		if inside := s.store.inside(r.id); len(inside) > 0 {
			return refuse(http.StatusConflict, "CannotDeleteResource",
				"Cannot delete resource while nested resources exist. Some existing nested resource IDs include: '%s'.",
				inside[0].id)
		}
	}
	if len(liveGrants(r)) > 0 {
		return refuse(http.StatusConflict, "OperationNotAllowed",
			"Unable to delete disk '%s' because it has an active shared access signature (SAS). Please revoke the SAS before "+
				"deleting the disk.", r.id.Name())
	}
	if holder, h := s.holder(r); holder != nil {
		return refuse(h.status, h.code, h.message, r.id, holder.id)
	}
	return nil
}

// holder finds a resource that holds another.
func (s *Sim) holder(r *resource) (*resource, hold) {
	for _, h := range holds {
		if !r.id.Is(h.held) {
			continue
		}
		found := s.store.list(func(other *resource) bool { return other.id.Is(h.by) && refersTo(other, r.id) })
		if len(found) > 0 {
			return found[0], h
		}
	}
	return nil, hold{}
}

// refersTo reports whether a document has an id, or that of something inside it.
func refersTo(r *resource, id ID) bool {
	key, found := id.Key(), false
	walk(r.body, "", func(_, value string) {
		value = strings.ToLower(value)
		found = found || value == key || strings.HasPrefix(value, key+"/")
	})
	return found
}

// waitUntilFree waits until a resource is held by nothing, as long as Options.DeleteWait allows.
func (s *Sim) waitUntilFree(id ID) {
	const look = 20 * time.Millisecond
	for end := time.Now().Add(s.opts.DeleteWait); time.Now().Before(end); {
		s.mu.Lock()
		r := s.store.get(id)
		free := r == nil || r.kind == nil || s.checkHeld(r) == nil
		s.mu.Unlock()
		if free || s.pause(look) != nil {
			return
		}
	}
}
