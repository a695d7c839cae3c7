package container

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A file system of fuse2fs cannot be frozen by the kernel, so its users are: the guest's cgroup. Then nothing is on its way, fuse2fs is
// made to write all it has, and the disk is as it should be, but for two things that are put right for the moment in which a layer is
// taken, and are put back after that, since fuse2fs goes on with what it remembers:
//
//   - the mark that says that the file system was not unmounted;
//   - files that were removed while somebody had them open. FUSE keeps those by another name, which nobody would ever remove in the layer.

const (
	cgroupPatience = 10 * time.Second // for every process of the guest to stop; milliseconds, unless it waits for its disk
	hiddenPrefix   = ".fuse_hidden"   // what libfuse calls a file that was removed while it is open
	superblock     = 1024             // where it is, and how long
)

// holdGuest stops every process of the guest, or lets them go on.
func holdGuest(group *os.File, hold bool) error {
	folder := fmt.Sprintf("/proc/self/fd/%d", group.Fd()) // its path is of mounts that are covered
	state := map[bool]string{true: "1", false: "0"}[hold]
	if err := writeExisting(filepath.Join(folder, "cgroup.freeze"), state); err != nil {
		return fmt.Errorf("hold the guest by its cgroup: %w", err)
	}
	for deadline := time.Now().Add(cgroupPatience); hold; time.Sleep(time.Millisecond) {
		events, err := os.ReadFile(filepath.Join(folder, "cgroup.events"))
		if err != nil {
			return fmt.Errorf("hold the guest by its cgroup: %w", err)
		}
		if bytes.Contains(events, []byte("frozen 1")) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("a process of the guest does not stop within %s", cgroupPatience)
		}
	}
	return nil
}

// still is what makes a disk whole for the moment, to be undone.
type still struct {
	of    *mounted
	file  *os.File // that of flush
	undo  string   // what debugfs changed
	super []byte
	count string // what fuse2fs had written; nothing is added to it meanwhile
}

// hold has fuse2fs write what it has, and makes what is on the disk a file system that was unmounted. The guest is held. After an error,
// too, what is not nil is to be put back.
func (m *mounted) hold() (*still, error) {
	var hidden []string
	var err error
	if m.guest == "/" {
		if hidden, err = hiddenFiles(); err != nil {
			return nil, err
		}
	}
	s := &still{of: m, undo: fmt.Sprintf("%s/undo-%d", ownFolder, m.start)}
	if s.file, err = m.flush(); err != nil {
		return s, err
	}
	if s.count, err = m.written(); err != nil {
		return s, err
	}
	if err := s.makeWhole(hidden); err != nil {
		return s, err
	}
	return s, s.untouched()
}

// untouched is an error if fuse2fs has done something.
func (s *still) untouched() error {
	count, err := s.of.written()
	if err == nil && count != s.count {
		err = fmt.Errorf("%s was asked for something while the guest was held", fuse2fsProgram)
	}
	return err
}

// makeWhole removes the hidden files and marks the file system as unmounted.
func (s *still) makeWhole(hidden []string) (err error) {
	if s.super, err = readAt(diskMount, s.of.start+superblock, superblock); err != nil {
		return err
	}
	var orders strings.Builder
	for _, path := range hidden {
		fmt.Fprintf(&orders, "rm \"%s\"\n", path)
	}
	orders.WriteString("ssv state 1\n")
	if err := os.Remove(s.undo); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	cmd := exec.Command("debugfs", "-w", "-z", s.undo, "-f", "-", fmt.Sprintf("%s?offset=%d", diskMount, s.of.start))
	cmd.Stdin = strings.NewReader(orders.String())
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("debugfs: %w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	// It ends well after an order that it could not do, and says so on a line behind its name.
	if _, text, _ := strings.Cut(said.String(), "\n"); strings.TrimSpace(text) != "" {
		return fmt.Errorf("debugfs: %s", strings.TrimSpace(text))
	}
	return nil
}

// putBack makes the disk what fuse2fs remembers of it. An error says that it was not whole meanwhile, or is not what it should be now.
func (s *still) putBack() error {
	if s.file == nil {
		return nil
	}
	defer s.file.Close()
	if _, err := os.Stat(s.undo); err != nil {
		return nil // debugfs was not run
	}
	if err := s.untouched(); err != nil {
		return err
	}
	if out, err := exec.Command("e2undo", "-o", strconv.FormatInt(s.of.start, 10), s.undo, diskMount).CombinedOutput(); err != nil {
		return fmt.Errorf("e2undo: %w: %s", err, bytes.TrimSpace(out))
	}
	disk, err := os.OpenFile(diskMount, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = disk.WriteAt(s.super, s.of.start+superblock) // e2undo keeps some of the newer one
	return errors.Join(err, disk.Close(), os.Remove(s.undo))
}

func readAt(path string, at int64, n int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, n)
	_, err = f.ReadAt(b, at)
	return b, err
}

// hiddenFiles finds the files that were removed while some process below this one has them open, or mapped. The kernel knows those by the
// names they had, and their folders.
func hiddenFiles() ([]string, error) {
	folders := map[string]bool{}
	add := func(path string) {
		if name, removed := strings.CutSuffix(path, " (deleted)"); removed && filepath.IsAbs(name) {
			folders[filepath.Dir(name)] = true
		}
	}
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	for _, process := range processes {
		links, _ := filepath.Glob(process + "/fd/*") // it may have ended: not one of the guest's, which are held
		for _, link := range append(links, process+"/exe") {
			if path, err := os.Readlink(link); err == nil {
				add(path)
			}
		}
		maps, _ := os.ReadFile(process + "/maps")
		for line := range strings.Lines(string(maps)) {
			if at := strings.IndexByte(line, '/'); at >= 0 {
				add(strings.TrimSuffix(line[at:], "\n"))
			}
		}
	}
	var all []string
	for folder := range folders {
		hidden, err := hiddenIn(folder)
		if err != nil {
			return nil, err
		}
		all = append(all, hidden...)
	}
	slices.Sort(all)
	return all, nil
}

// hiddenIn gives those in a folder of the guest, if that is one of the disk.
func hiddenIn(folder string) (all []string, err error) {
	fd, err := openIn(rootMount, folder, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, nil // of a tmpfs of the guest's
	}
	dir := os.NewFile(uintptr(fd), folder)
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !strings.HasPrefix(name, hiddenPrefix) {
			continue
		}
		path := filepath.Join(folder, name)
		if strings.ContainsAny(path, "\"\\\n") {
			return nil, fmt.Errorf("%q was removed while it is open, and debugfs takes no such name", path)
		}
		all = append(all, path)
	}
	return all, nil
}

// holdStill is freeze for file systems of fuse2fs.
func (f *fileSystems) holdStill() error {
	if err := holdGuest(f.group, true); err != nil {
		return errors.Join(err, holdGuest(f.group, false))
	}
	f.held = true
	for _, m := range slices.Backward(f.all) {
		if err := f.writeAll(m); err != nil { // what was written by memory maps
			return errors.Join(err, f.letGo())
		}
		s, err := m.hold()
		if s != nil {
			f.stills = append(f.stills, s)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("hold %s still: %w%s", m.guest, err, ioHint(err)), f.letGo())
		}
	}
	return nil
}

// letGo is thaw for file systems of fuse2fs. Where the disk could not be put back, the guest is killed: what it wrote would destroy
// the disk.
func (f *fileSystems) letGo() error {
	var errs []error
	for _, s := range f.stills {
		errs = append(errs, s.putBack())
	}
	f.stills, f.held = nil, false
	if err := errors.Join(errs...); err != nil {
		_ = writeExisting(fmt.Sprintf("/proc/self/fd/%d/cgroup.kill", f.group.Fd()), "1")
		return fmt.Errorf("the guest was killed, since its disk is damaged: %w", err)
	}
	return holdGuest(f.group, false)
}
