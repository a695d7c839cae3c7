package azuresim

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// grant is a shared access signature to the bytes of a disk or a snapshot.
type grant struct {
	signature string
	write     bool
	ends      time.Time
}

// liveGrants are those that have not ended.
func liveGrants(r *resource) []grant {
	var live []grant
	for _, g := range r.sas {
		if time.Now().Before(g.ends) {
			live = append(live, g)
		}
	}
	return live
}

// diskAccount is the storage account that disks are read from, by their unique id.
const diskAccount = "md-disks"

func accessActions() map[string]*action {
	return map[string]*action{"begingetaccess": {do: beginAccess}, "endgetaccess": {do: endAccess}}
}

// beginAccess gives an address with a signature.
func beginAccess(c *call, r *resource) (*reply, work, error) {
	kind, seconds := text(c.body, "access"), number(c.body, "durationInSeconds")
	if kind != "Read" && kind != "Write" {
		return nil, nil, refuse(http.StatusBadRequest, "InvalidParameter",
			"The value '%s' of parameter 'access' is not valid.", kind)
	}
	if seconds <= 0 {
		return nil, nil, refuse(http.StatusBadRequest, "InvalidParameter",
			"The value '%d' of parameter 'durationInSeconds' is not valid.", seconds)
	}
	if owner := text(r.body, "managedBy"); owner != "" {
		if vm := c.sim.store.find(owner); vm != nil && vm.guest != nil && vm.guest.power == powerRunning {
			return nil, nil, refuse(http.StatusConflict, "OperationNotAllowed",
				"Cannot grant access to disk '%s' while it is attached to the running VM '%s'.", r.id.Name(), owner)
		}
	}
	if err := checkCopied(r); err != nil {
		return nil, nil, err
	}
	s := c.sim
	g := grant{signature: randomName(43), write: kind == "Write",
		ends: time.Now().Add(time.Duration(seconds) * time.Second)}
	r.sas = append(liveGrants(r), g)
	blob, bytes := text(r.body, "properties", "uniqueId"), content(r)
	permission := map[bool]string{true: "rw", false: "r"}[g.write]
	q := url.Values{"sv": {"2018-03-28"}, "sr": {"b"}, "sp": {permission}, "se": {g.ends.UTC().Format(time.RFC3339)},
		"sig": {g.signature}}
	address := "https://" + diskAccount + ".blob." + Suffix + "/" + diskContainer + "/" + blob + "?" + q.Encode()
	return nil, func(ctx context.Context) (object, error) {
		if s.opts.Blobs != nil {
			if err := s.opts.Blobs.putDisk(ctx, blob, bytes); err != nil {
				return nil, err
			}
		}
		return object{"accessSAS": address}, nil
	}, nil
}

func endAccess(_ *call, r *resource) (*reply, work, error) {
	r.sas = nil
	return nil, func(context.Context) (object, error) { return nil, nil }, nil
}

// granted finds who gave a signature to a disk's blob.
func (s *Sim) granted(signature string, write bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.store.list(func(r *resource) bool {
		for _, g := range liveGrants(r) {
			if strings.EqualFold(g.signature, signature) && (g.write || !write) {
				return true
			}
		}
		return false
	})) > 0
}
