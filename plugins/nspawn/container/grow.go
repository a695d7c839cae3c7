package container

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"unsafe"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/partition"
	"github.com/diskfs/go-diskfs/partition/gpt"
	"github.com/diskfs/go-diskfs/partition/mbr"
	"golang.org/x/sys/unix"
)

// isLast tells whether nothing lies behind the region on the disk.
func isLast(r region, all []region) bool {
	for _, other := range all {
		if other.start > r.start {
			return false
		}
	}
	return true
}

// growPartition lets the disk's last partition reach to its end, where that holds a file system; all is changed with it. growpart does the
// same in a VM.
func growPartition(disk *os.File, all []region) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("grow the last partition: the partition table is damaged: %v", r)
		}
	}()
	info, err := disk.Stat()
	if err != nil {
		return err
	}
	var last *region
	for i := range all {
		if isLast(all[i], all) {
			last = &all[i]
		}
	}
	if last == nil || !mountable[last.kind] || last.start == 0 {
		return nil // the guest may have its root elsewhere; nothing is lost
	}
	backend := file.New(disk, false)
	table, err := partition.Read(backend, sector, sector)
	if err != nil {
		return fmt.Errorf("read the partition table: %w", err)
	}
	end := int64(-1) // the last sector that the partition gets
	switch t := table.(type) {
	case *gpt.Table:
		t.Resize(uint64(info.Size()))
		end = int64(t.LastDataSector())
		for _, p := range t.Partitions {
			if p.GetStart() == last.start {
				p.End, p.Size = uint64(end), uint64((end+1)*sector-last.start)
			}
		}
	case *mbr.Table:
		end = min(info.Size()/sector, 1<<32) - 1 // a table of this kind counts no further
		for _, p := range t.Partitions {
			if p.GetStart() == last.start {
				p.Size = uint32(end + 1 - last.start/sector)
			}
		}
	}
	size := (end+1)*sector - last.start
	if size <= last.size {
		return nil
	}
	writable, err := backend.Writable()
	if err != nil {
		return err
	}
	if err := table.Write(writable, info.Size()); err != nil {
		return fmt.Errorf("grow %s: %w", last.name, err)
	}
	last.size = size
	return nil
}

// growBefore grows a file system that is not mounted. That of ext4 would be grown mounted as well, but by a capability that root in a
// container may lack.
func growBefore(ctx context.Context, r region) error {
	if r.kind != "ext4" {
		return nil
	}
	// resize2fs wants it checked; 1 of e2fsck means that it corrected something.
	out, err := exec.CommandContext(ctx, "e2fsck", "-f", "-p", r.device).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != 1) {
		return fmt.Errorf("check the file system in %s before it is grown: e2fsck: %w: %s", r.name, err, out)
	}
	if out, err := exec.CommandContext(ctx, "resize2fs", r.device).CombinedOutput(); err != nil {
		return fmt.Errorf("grow the file system in %s: resize2fs: %w: %s", r.name, err, out)
	}
	return nil
}

// Of linux/btrfs.h and xfs_fs.h.
const (
	ioctlBtrfsResize   = 0x50009403
	ioctlXFSGeometry   = 0x80705864 // version 1: block size and data blocks are all that is wanted
	ioctlXFSGrowData   = 0x4010586e
	xfsGeometryBytes   = 112
	xfsGeometryPercent = 28 // where imaxpct is
)

// growAfter grows a file system that is mounted at a place.
func growAfter(r region, at string) error {
	fd, err := unix.Open(at, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	switch r.kind {
	case "btrfs":
		var args struct {
			fd   int64
			name [4088]byte
		}
		copy(args.name[:], "max")
		err = ioctl(fd, ioctlBtrfsResize, unsafe.Pointer(&args))
	case "xfs":
		var stat unix.Statfs_t
		if err = unix.Fstatfs(fd, &stat); err != nil {
			break
		}
		err = growXFS(fd, r.size/stat.Bsize)
	}
	if err != nil {
		return fmt.Errorf("grow the %s in %s: %w", r.kind, r.name, err)
	}
	return nil
}

// growXFS tells XFS how many blocks it has now; the share for inodes is kept.
func growXFS(fd int, blocks int64) error {
	var geometry [xfsGeometryBytes]byte
	if err := ioctl(fd, ioctlXFSGeometry, unsafe.Pointer(&geometry)); err != nil {
		return err
	}
	grow := struct {
		blocks  uint64
		percent uint32
		_       uint32
	}{uint64(blocks), *(*uint32)(unsafe.Pointer(&geometry[xfsGeometryPercent])), 0}
	return ioctl(fd, ioctlXFSGrowData, unsafe.Pointer(&grow))
}

func ioctl(fd int, request uint, arg unsafe.Pointer) error {
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(arg)); e != 0 {
		return e
	}
	return nil
}
