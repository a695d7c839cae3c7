package azuresim

import (
	"context"
	"net/http"
)

// Disks is what Machines are as well that keep what is on the OS disks of their guests: a machine that is made of an
// image finds there what was written before. A disk, a snapshot, an image and an image version have one each, by a name
// that is theirs alone. Its methods may be called at the same time, for different names.
type Disks interface {
	// CopyDisk makes the disk to as from is now. Where there is no disk from, which is that of a machine that never was, there
	// is none made.
	CopyDisk(ctx context.Context, from, to string) error
	// DropDisk removes one, if it is there: its resource is gone.
	DropDisk(name string) error
}

// diskName is the name of the bytes that a resource has for an OS disk, or "".
func (s *Sim) diskName(r *resource) string {
	switch {
	case r == nil:
		return ""
	case r.id.Is(diskType), r.id.Is(snapshotType):
		return text(r.body, "properties", "uniqueId")
	case r.id.Is(vmType):
		if disks := vmDisks(r.body); len(disks) > 0 {
			return s.diskName(s.store.find(text(disks[0], "managedDisk", "id")))
		}
	}
	return text(r.secret, "disk")
}

// diskFrom is the resource that the bytes of a new one come from: the first of those that its document may name.
func (s *Sim) diskFrom(r *resource) *resource {
	p := at(r.body, "properties")
	for _, path := range [][]string{
		{"creationData", "sourceResourceId"}, {"creationData", "imageReference", "id"}, {"creationData", "galleryImageReference", "id"},
		{"sourceVirtualMachine", "id"}, {"storageProfile", "osDisk", "snapshot", "id"}, {"storageProfile", "osDisk", "managedDisk", "id"},
		{"storageProfile", "source", "id"}, {"storageProfile", "osDiskImage", "source", "id"},
	} {
		if from := s.store.find(text(p, path...)); from != nil {
			return from
		}
	}
	return nil
}

// copyBytes is the long part of what has the bytes of a disk: those of what it is made from are copied, in the blob
// service and in the place where machines keep them.
func copyBytes(ctx context.Context, c *change) error {
	s := c.sim
	s.mu.Lock()
	from := s.diskFrom(c.res)
	source, target := s.diskName(from), s.diskName(c.res)
	blob := from != nil && (from.id.Is(diskType) || from.id.Is(snapshotType)) && (c.id.Is(diskType) || c.id.Is(snapshotType))
	done := truth(c.res.secret, "copied")
	s.mu.Unlock()
	if source == "" || target == "" || done {
		return nil
	}
	if err := s.copyDisk(ctx, source, target); err != nil {
		return err
	}
	if s.opts.Blobs != nil && blob {
		if err := s.opts.Blobs.copyDisk(ctx, source, target); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.res.secret["copied"] = true
	return nil
}

// copyDisk copies the disk of machines.
func (s *Sim) copyDisk(ctx context.Context, from, to string) error {
	disks, keeps := s.opts.Machines.(Disks)
	if !keeps || from == "" || to == "" {
		return nil
	}
	if err := disks.CopyDisk(ctx, from, to); err != nil {
		return refuse(http.StatusConflict, "OperationNotAllowed", "The disk cannot be copied: %v", err)
	}
	return nil
}

// dropDisk removes the disk of a resource that is gone. What that complains about is nobody's to mend.
func (s *Sim) dropDisk(r *resource) {
	if disks, keeps := s.opts.Machines.(Disks); keeps && !r.id.Is(vmType) {
		if name := s.diskName(r); name != "" {
			_ = disks.DropDisk(name)
		}
	}
}

// nameDisk gives an image or an image version the name of its disk.
func (c *change) nameDisk() {
	if text(c.res.secret, "disk") == "" {
		c.res.secret["disk"] = randomUUID()
	}
}
