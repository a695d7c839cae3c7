package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Disk is what a running guest writes to: DiskFile in the folder of its build, which a program with a control socket has open.
type Disk struct {
	Dir  string // absolute
	Img  string // the program qemu-img
	Size int64  // bytes
	// Broken is told of an error after which the build must not go on.
	Broken func(error)

	node     string // the disk that the guest writes to, as that program names it; "" is DiskNode
	overlays int    // disks made for it while it ran
}

// Renew says that the program was started anew, with the first disk.
func (d *Disk) Renew() { d.node = DiskNode }

// Overlay is the disk that a running guest is about to write to, over the one that it writes to now. It is opened by a name that no
// other disk of this build has or gets; once the guest writes to it, it is called DiskFile, as the disk of every build is in the end.
type Overlay struct {
	disk    *Disk
	monitor *Monitor
	node    string // its name
	path    string // until it is DiskFile
	copied  bool   // what it is over is a copy of what the guest wrote to
}

// Add makes an empty disk over one that will be at backing, and has m's program open it.
func (d *Disk) Add(ctx context.Context, m *Monitor, backing string) (_ *Overlay, err error) {
	d.overlays++
	o := &Overlay{disk: d, monitor: m, node: fmt.Sprintf("%s-%d", DiskNode, d.overlays)}
	o.path = filepath.Join(d.Dir, o.node+".qcow2")
	// -u: nothing is at backing yet.
	_, err = RunProgram(ctx, d.Img, "create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", backing, o.path, fmt.Sprint(d.Size))
	if err == nil {
		err = m.Run(ctx, nil, "blockdev-add", map[string]any{"driver": "file", "node-name": o.node + "-file",
			"filename": o.path, "discard": "unmap", "cache": noFlush})
	}
	if err == nil {
		err = m.Run(ctx, nil, "blockdev-add", map[string]any{"driver": "qcow2", "node-name": o.node,
			"file": o.node + "-file", "backing": nil, "discard": "unmap", "detect-zeroes": "unmap", "cache": noFlush})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make the guest's next disk: %w", err), o.Drop(ctx))
	}
	return o, nil
}

// noFlush: the guest's flushes cost nothing, since a build that dies is thrown away.
var noFlush = map[string]bool{"no-flush": true}

// Drop undoes Add. It does nothing to a disk that the guest writes to.
func (o *Overlay) Drop(ctx context.Context) error {
	if o.disk.node == o.node {
		return nil
	}
	ctx, cancel := Critical(ctx)
	defer cancel()
	for _, node := range []string{o.node, o.node + "-file"} {
		_ = o.monitor.Run(ctx, nil, "blockdev-del", map[string]any{"node-name": node}) // it may not have come to be
	}
	if err := os.Remove(o.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("left behind: %w", err)
	}
	return nil
}

// Take has the guest write to o, and leaves what it wrote so far at path, which o is over. The guest stands still. After an error it
// writes to the disk that it wrote to before, and nothing is at path. It is an error too that ctx ended before the guest was switched.
func (o *Overlay) Take(ctx context.Context, path string) (err error) {
	disk := filepath.Join(o.disk.Dir, DiskFile)
	if o.copied, err = LinkOrCopy(disk, path); err != nil {
		return fmt.Errorf("keep the guest's disk: %w", err)
	}
	if cause := context.Cause(ctx); cause != nil {
		return errors.Join(cause, os.Remove(path))
	}
	ctx, cancel := Critical(ctx)
	defer cancel()
	node := o.disk.node
	if node == "" {
		node = DiskNode
	}
	err = o.monitor.Run(ctx, nil, "blockdev-snapshot", map[string]any{"node": node, "overlay": o.node})
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	o.disk.node = o.node
	// What was DiskFile has its name at path, or a copy there; it is open, and nobody looks for its name.
	if err := os.Rename(o.path, disk); err != nil {
		err = fmt.Errorf("name the guest's disk: %w", err)
		o.disk.Broken(err) // the build would hand on the wrong disk
		return err
	}
	return nil
}

// Lost tells what became of what the guest wrote while it should have stood still: it is lost where the guest was switched to o, over a
// copy.
func (o *Overlay) Lost() bool { return o.copied && o.disk.node == o.node }

// criticalPatience bounds what must come to an end whether or not anybody still waits for it; it takes milliseconds.
const criticalPatience = 30 * time.Second

// Critical is a context for what ctx's end must not leave half done.
func Critical(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.WithoutCancel(ctx), criticalPatience,
		fmt.Errorf("the machine does not answer within %s", criticalPatience))
}
