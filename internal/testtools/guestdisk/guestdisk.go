// Package guestdisk reads what is on a finished disk of a Linux guest, without booting or mounting it, and compares two of them. It
// reads disks with a GUID partition table and an ext4 root file system, which is what base images here are made of.
package guestdisk

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/ext4"
	"github.com/diskfs/go-diskfs/partition/gpt"
)

// Disk is what is on a disk. Times of files are left out.
type Disk struct {
	Files    map[string]File   // of the root file system, by absolute path
	Packages map[string]string // version and architecture of each Debian package, by its name
	Boot     string            // SHA-256 of all up to the root partition: partition table, boot loader, EFI partition
}

// File is one name in the root file system.
type File struct {
	Mode     fs.FileMode
	UID, GID uint32
	Size     int64  // of a regular file; bytes
	Content  string // SHA-256 of a regular file, or the target of a symbolic link
	Extended string // extended attributes of folders and executables, capabilities and ACLs among them; "" for none
}

const sector = 512

// status is where dpkg keeps the list of packages.
const status = "var/lib/dpkg/status"

// Read reads a raw disk. A VHD of fixed size is one, with a footer that is not looked at.
func Read(path string) (*Disk, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	root, err := rootPartition(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d := &Disk{Files: map[string]File{}}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, int64(root.Start)*sector)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d.Boot = fmt.Sprintf("%x", sum.Sum(nil))
	ext, err := ext4.Read(file.New(f, true), int64(root.Size), int64(root.Start)*sector, sector)
	if err != nil {
		return nil, fmt.Errorf("%s: root file system: %w", path, err)
	}
	if err := d.readFiles(ext); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

// rootPartition is the last one on the disk, and the only one that grows.
func rootPartition(f *os.File) (*gpt.Partition, error) {
	table, err := gpt.Read(f, sector, sector)
	if err != nil {
		return nil, fmt.Errorf("partition table: %w", err)
	}
	var root *gpt.Partition
	for _, p := range table.Partitions {
		if p.Size > 0 && (root == nil || p.Start > root.Start) {
			root = p
		}
	}
	if root == nil {
		return nil, errors.New("there is no partition")
	}
	return root, nil
}

func (d *Disk) readFiles(ext *ext4.FileSystem) error {
	return fs.WalkDir(ext, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && name != "." {
			d.Files["/"+name], err = d.readFile(ext, name, e.Type().IsRegular())
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

// readFile looks a file up as seldom as it can: each time, the library reads all folders on the way.
func (d *Disk) readFile(ext *ext4.FileSystem, name string, regular bool) (entry File, err error) {
	var info fs.FileInfo
	if regular {
		f, err := ext.Open(name)
		if err != nil {
			return entry, err
		}
		defer f.Close()
		if info, err = f.Stat(); err != nil {
			return entry, err
		}
		entry.Size = info.Size()
		if entry.Content, err = d.readContent(name, f); err != nil {
			return entry, err
		}
	} else {
		if info, err = ext.Stat(name); err != nil {
			return entry, err
		}
		entry.Content = info.Sys().(*ext4.StatT).LinkTarget
	}
	sys := info.Sys().(*ext4.StatT)
	entry.Mode, entry.UID, entry.GID = info.Mode(), sys.UID, sys.GID
	if info.IsDir() || info.Mode()&0o111 != 0 && regular {
		extended, err := ext.GetXattr(name)
		if err != nil {
			return entry, fmt.Errorf("extended attributes: %w", err)
		}
		if len(extended) > 0 {
			entry.Extended = fmt.Sprintf("%q", extended)
		}
	}
	return entry, nil
}

// readContent gives the SHA-256 of a file, and takes the list of packages from the one that has it.
func (d *Disk) readContent(name string, f io.Reader) (string, error) {
	if name == status {
		text, err := io.ReadAll(f)
		if err != nil {
			return "", err
		}
		d.Packages, err = packages(text)
		return fmt.Sprintf("%x", sha256.Sum256(text)), err
	}
	sum := sha256.New()
	_, err := io.Copy(sum, f)
	return fmt.Sprintf("%x", sum.Sum(nil)), err
}

// packages reads dpkg's status file: paragraphs of "Field: value". Only what is installed counts.
func packages(text []byte) (map[string]string, error) {
	all := map[string]string{}
	var field = map[string]string{}
	flush := func() {
		if name := field["Package"]; name != "" && strings.HasSuffix(field["Status"], " installed") {
			all[name] = field["Version"] + " " + field["Architecture"]
		}
		clear(field)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if line == "" {
			flush()
			continue
		}
		if name, value, ok := strings.Cut(line, ": "); ok && line[0] != ' ' {
			field[name] = value
		}
	}
	flush()
	return all, lines.Err()
}
