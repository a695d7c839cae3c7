// Package machine is what builders of machines on this host have in common: programs that they start (Process) and that speak QMP
// (Monitor), the disk that a guest writes to and the layers that are taken of it (Disk), the way into a guest by SSH (SSH, Ready), what is
// told while it boots (Phase, Console), the time that it takes (Times), and what is left of it when somebody wants to look inside (Kept).
// It knows no kind of machine: plugins/qemu makes VMs of it, plugins/nspawn containers.
package machine

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Loopback is the only address a build's guest can be reached at.
const Loopback = "127.0.0.1"

// The files of a build, below its output directory, and of a layer.
const (
	DiskFile    = "disk.qcow2"  // what the guest writes to; in a layer, what it wrote
	SeedFile    = "seed.iso"    // its orders, as the disk that a VM finds them on
	ConsoleFile = "console.log" // what it says while it boots
)

// DiskNode is the name that the program which opens a guest's first disk knows it by.
const DiskNode = "disk"

// SetDefault gives a field that was left out a value.
func SetDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// CheckWord tells bad when the value got of the field name is none of those that are allowed.
func CheckWord(bad func(string, ...any), name, got string, allowed ...string) {
	for _, a := range allowed {
		if got == a {
			return
		}
	}
	bad("%s is %q: it is one of %s", name, got, strings.Join(allowed, ", "))
}

// ParseSize reads "30G" as bytes. "" is 0.
func ParseSize(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	unit, ok := map[byte]int64{'M': 1 << 20, 'G': 1 << 30, 'T': 1 << 40}[s[len(s)-1]]
	if !ok {
		return 0, errors.New("it is a whole number with the unit M, G or T")
	}
	n, err := strconv.ParseInt(s[:len(s)-1], 10, 64)
	if err != nil || n < 1 {
		return 0, errors.New("it is a whole number with the unit M, G or T")
	}
	const limit = 64 << 40 // a qcow2 may be larger still; an OS disk on Azure ends at 4 TiB
	if n > limit/unit {
		return 0, errors.New("at most 64T are allowed")
	}
	return n * unit, nil
}

// InMiB writes a number of bytes.
func InMiB(n int64) string {
	if n%MiB != 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%d MiB", n/MiB)
}
