package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// maxTable bounds how much of an fstab is read.
const maxTable = 64 << 10

// entry is a line of fstab that names a file system of a disk.
type entry struct{ id, at string }

// mountOthers mounts what fstab names beside the root: /boot and /boot/efi, most likely. nspawn shows them to the guest.
func (s *supervisor) mountOthers(ctx context.Context, disk *os.File, all []region, root mounted) error {
	table, err := readTable(rootMount)
	if err != nil {
		return err
	}
	for i, e := range entries(table) {
		at := slices.IndexFunc(all, func(r region) bool { return r.start != root.start && slices.Contains(r.ids, e.id) })
		if at < 0 {
			if !slices.Contains(root.ids, e.id) {
				s.note("%s is not mounted: the disk has no partition %s", e.at, e.id)
			}
			continue
		}
		r := all[at]
		if !mountable[r.kind] {
			s.note("%s is not mounted: %s is %s", e.at, r.name, r.kind)
			continue
		}
		if s.inner.User && r.kind != "ext4" {
			s.note("%s is empty and read-only: without loop devices, %s cannot be mounted, which is in %s", e.at, r.kind, r.name)
			s.covered = append(s.covered, e.at)
			continue
		}
		place := fmt.Sprintf("%s/mount-%d", ownFolder, i)
		if err := os.Mkdir(place, 0o700); err != nil {
			return err
		}
		err := s.mountLoop(ctx, disk, &r, place, false)
		if errors.Is(err, unix.ENODEV) {
			s.note("%s is empty and read-only: this kernel knows no %s, which is in %s of the disk; modprobe %s helps", e.at, r.kind, r.name, r.kind)
			s.covered = append(s.covered, e.at)
			continue
		}
		if err != nil {
			return fmt.Errorf("mount what fstab has at %s: %w", e.at, err)
		}
		m, err := s.newMounted(r, place, e.at)
		if err != nil {
			return err
		}
		s.files.add(m)
	}
	return nil
}

// readTable gives the text of a disk's fstab, "" if there is none.
func readTable(root string) (string, error) {
	fd, err := openIn(root, "etc/fstab", unix.O_RDONLY)
	if errors.Is(err, unix.ENOENT) {
		return "", nil
	} else if err != nil {
		return "", fmt.Errorf("read the disk's /etc/fstab: %w", err)
	}
	f := os.NewFile(uintptr(fd), "fstab")
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", errors.Join(errors.New("the disk's /etc/fstab is no regular file"), err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxTable))
	return string(bytes.ToValidUTF8(text, []byte("?"))), err
}

// entries gives the file systems on partitions that are mounted at boot, those above others first.
func entries(table string) []entry {
	var all []entry
	for line := range strings.Lines(table) {
		field := strings.Fields(line)
		if len(field) < 4 || strings.HasPrefix(field[0], "#") || !path.IsAbs(field[1]) || field[2] == "swap" ||
			slices.Contains(strings.Split(field[3], ","), "noauto") {
			continue
		}
		id, at := strings.ReplaceAll(field[0], `"`, ""), path.Clean(field[1])
		if key, value, ok := strings.Cut(id, "="); ok && key == "PARTUUID" {
			id = key + "=" + strings.ToLower(value)
		} else if !ok || key != "UUID" && key != "LABEL" {
			continue
		}
		if at == "/" || strings.ContainsAny(at, `:\`) || slices.ContainsFunc(all, func(e entry) bool { return e.at == at }) {
			continue
		}
		all = append(all, entry{id, at})
	}
	slices.SortStableFunc(all, func(a, b entry) int { return strings.Compare(a.at, b.at) })
	return all
}
