package container

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// flushes are the system calls that do nothing in a guest. As in a VM of ours: a build that dies is thrown away, and what a layer or the
// finished disk has in it is flushed from outside. A package manager is the faster for it, and no guest waits for what others on this host
// write, as sync(2) would. nspawn's --suppress-sync is of no use here: with it, files cannot be opened with O_SYNC.
var flushes = []uint32{unix.SYS_SYNC, unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_SYNCFS, unix.SYS_MSYNC}

// filterArch is how the kernel calls an architecture. Programs of another one on the same kernel flush.
var filterArch = map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}

// unflush makes the calls do nothing, and succeed, in the calling thread and all that it starts.
func unflush() error {
	arch, ok := filterArch[runtime.GOARCH]
	if !ok {
		return nil
	}
	const (
		load  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS // of struct seccomp_data: the call's number is at 0, the architecture at 4
		equal = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		give  = unix.BPF_RET | unix.BPF_K
	)
	n := uint8(len(flushes))
	program := []unix.SockFilter{{Code: load, K: 4}, {Code: equal, K: arch, Jf: n + 1}, {Code: load, K: 0}}
	for i, call := range flushes {
		program = append(program, unix.SockFilter{Code: equal, K: call, Jt: n - uint8(i)})
	}
	program = append(program, unix.SockFilter{Code: give, K: unix.SECCOMP_RET_ALLOW}, unix.SockFilter{Code: give, K: unix.SECCOMP_RET_ERRNO})
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&filter)), 0, 0)
	runtime.KeepAlive(program)
	if err != nil {
		return fmt.Errorf("filter the guest's system calls: %w", err)
	}
	return nil
}
