package container

import (
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// unflushedSince is the release of systemd whose nspawn can keep a guest from flushing.
const unflushedSince = 250

// unflushed are nspawn's arguments by which a guest's sync, fsync and the like do nothing, none where it has no such argument. As in a VM
// of ours: a build that dies is thrown away, and what a layer or the finished disk has in it is flushed from outside. A package manager is
// the faster for it, and no guest waits for what others on this host write, as sync(2) would.
var unflushed = sync.OnceValue(func() []string {
	out, err := exec.Command(guestProgram, "--version").Output()
	if err != nil || release(string(out)) < unflushedSince {
		return nil
	}
	return []string{"--suppress-sync=yes"}
})

// release reads the number in "systemd 252 (252.39-1~deb12u2)" or "systemd 258~rc1"; 0 if there is none.
func release(version string) int {
	fields := strings.Fields(version)
	if len(fields) < 2 || fields[0] != "systemd" {
		return 0
	}
	digits := fields[1]
	if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		digits = digits[:end]
	}
	n, _ := strconv.Atoi(digits) // of none it is 0
	return n
}
