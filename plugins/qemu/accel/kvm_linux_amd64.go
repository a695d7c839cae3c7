package accel

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The requests of KVM's API (https://docs.kernel.org/virt/kvm/api.html), as <linux/kvm.h> has them.
const (
	kvmGetAPIVersion       = 0xAE00
	kvmCreateVM            = 0xAE01
	kvmGetVCPUMmapSize     = 0xAE04
	kvmGetSupportedCPUID   = 0xC008AE05
	kvmCreateVCPU          = 0xAE41
	kvmSetUserMemoryRegion = 0x4020AE46
	kvmSetTSSAddr          = 0xAE47
	kvmRun                 = 0xAE80
	kvmSetRegs             = 0x4090AE82
	kvmGetSregs            = 0x8138AE83
	kvmSetSregs            = 0x4138AE84
	kvmSetCPUID2           = 0x4008AE90

	apiVersion = 12 // the only one there ever was
	exitHalt   = 5  // KVM_EXIT_HLT
)

// Offsets into struct kvm_run.
const (
	runImmediateExit = 1
	runExitReason    = 8
)

// exits names the ends of a guest that are not the one wanted.
var exits = map[uint32]string{2: "an I/O access", 6: "an access to memory that is not there", 8: "a triple fault",
	9: "a refused entry", 17: "an instruction that it cannot emulate"}

type memoryRegion struct {
	slot, flags            uint32
	guest, size, userspace uint64
}

type registers struct {
	rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp uint64
	r8, r9, r10, r11, r12, r13, r14, r15   uint64
	rip, rflags                            uint64
}

type segment struct {
	base                                                uint64
	limit                                               uint32
	selector                                            uint16
	kind, present, dpl, db, s, l, g, avl, unusable, pad uint8
}

type table struct {
	base  uint64
	limit uint16
	pad   [3]uint16
}

type systemRegisters struct {
	cs, ds, es, fs, gs, ss, tr, ldt         segment
	gdt, idt                                table
	cr0, cr2, cr3, cr4, cr8, efer, apicBase uint64
	interrupts                              [4]uint64
}

// maxCPUID is the room for entries that the kernel asks for at most; an entry has 40 bytes.
const maxCPUID = 256

type cpuidTable struct {
	count, pad uint32
	entries    [maxCPUID][40]byte
}

// The test guest's memory: tables that map the first 2 MiB to themselves, code, and 16 bytes for cmpxchg16b.
const (
	memorySize = 64 << 10
	pml4Addr   = 0x1000
	pdptAddr   = 0x2000
	pdAddr     = 0x3000
	codeAddr   = 0x4000
	dataAddr   = 0x5000
)

// testGuest runs in ring 0 and 64-bit mode. cmpxchg16b is what a kernel uses early and an emulation lacks first.
var testGuest = []byte{
	0xff, 0xc9, //                         loop: dec ecx
	0x75, 0xfc, //                               jnz loop
	0xf0, 0x48, 0x0f, 0xc7, 0x0f, //             lock cmpxchg16b [rdi]
	0xf4, //                                     hlt
}

// available tells whether KVM can be opened at all; it takes microseconds.
func available() error {
	dev, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err == nil {
		dev.Close()
	}
	return err
}

// measure runs the test guest and returns the time of one iteration of its loop.
func measure(ctx context.Context) (time.Duration, error) {
	took, err := timeGuest(ctx, testGuest)
	return took / loops, err
}

// timeGuest runs code until it halts, for as long as patience lasts at most, and returns the processor time this took.
func timeGuest(ctx context.Context, code []byte) (time.Duration, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errTimeout)
	defer cancel()
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	type answer struct {
		took time.Duration
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		// The signal that ends the guest, and the clock, are the thread's; the thread ends with this goroutine.
		runtime.LockOSThread()
		took, err := runGuest(ctx, code)
		got <- answer{took, err}
	}()
	select {
	case a := <-got:
		return a.took, a.err
	case <-ctx.Done():
	}
	// runGuest is being told, and ends in no time, unless the kernel is stuck: then nothing can be done but to leave it
	// there.
	select {
	case a := <-got:
		return a.took, a.err
	case <-time.After(100 * time.Millisecond):
		return 0, context.Cause(ctx)
	}
}

// runGuest makes a guest of code and runs it until it halts or ctx ends. It needs a thread of its own.
func runGuest(ctx context.Context, code []byte) (time.Duration, error) {
	dev, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer dev.Close()
	if v, err := ioctl("KVM_GET_API_VERSION", int(dev.Fd()), kvmGetAPIVersion, 0); err != nil || v != apiVersion {
		return 0, errors.Join(fmt.Errorf("its API has version %d, not %d", v, apiVersion), err)
	}
	vm, err := ioctl("KVM_CREATE_VM", int(dev.Fd()), kvmCreateVM, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(vm)
	memory, err := unix.Mmap(-1, 0, memorySize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANONYMOUS|unix.MAP_SHARED)
	if err != nil {
		return 0, fmt.Errorf("map memory: %w", err)
	}
	defer unix.Munmap(memory)
	fill(memory, code)

	// Intel's processors want three pages for themselves; here they are out of the guest's way.
	if _, err := ioctl("KVM_SET_TSS_ADDR", vm, kvmSetTSSAddr, 0xfffbd000); err != nil {
		return 0, err
	}
	region := memoryRegion{size: memorySize, userspace: uint64(uintptr(unsafe.Pointer(&memory[0])))}
	_, err = ioctlPointer("KVM_SET_USER_MEMORY_REGION", vm, kvmSetUserMemoryRegion, unsafe.Pointer(&region))
	if err != nil {
		return 0, err
	}
	vcpu, err := ioctl("KVM_CREATE_VCPU", vm, kvmCreateVCPU, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(vcpu)
	if err := prepare(int(dev.Fd()), vcpu); err != nil {
		return 0, err
	}
	size, err := ioctl("KVM_GET_VCPU_MMAP_SIZE", int(dev.Fd()), kvmGetVCPUMmapSize, 0)
	if err != nil {
		return 0, err
	}
	run, err := unix.Mmap(vcpu, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return 0, fmt.Errorf("map the processor's state: %w", err)
	}
	defer unix.Munmap(run)

	// A signal gets the thread out of the guest; the flag keeps it out, should the signal come just before it goes in.
	pid, tid := unix.Getpid(), unix.Gettid()
	told := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(told)
		run[runImmediateExit] = 1
		_ = unix.Tgkill(pid, tid, unix.SIGURG) // which Go's runtime takes for granted at any time
	})
	defer func() {
		if !stop() {
			<-told // it must not touch what is unmapped next
		}
	}()
	return enter(ctx, vcpu, run)
}

// enter runs the guest to its halt.
func enter(ctx context.Context, vcpu int, run []byte) (time.Duration, error) {
	before, err := threadTime()
	if err != nil {
		return 0, err
	}
	for {
		_, err := ioctl("KVM_RUN", vcpu, kvmRun, 0)
		if cause := context.Cause(ctx); cause != nil {
			return 0, cause
		}
		if errors.Is(err, unix.EINTR) {
			continue // a signal that was not ours
		}
		if err != nil {
			return 0, err
		}
		break
	}
	after, err := threadTime()
	if err != nil {
		return 0, err
	}
	reason := binary.LittleEndian.Uint32(run[runExitReason:])
	if reason != exitHalt {
		name, known := exits[reason]
		if !known {
			name = fmt.Sprintf("exit reason %d", reason)
		}
		return 0, fmt.Errorf("its test guest ended by %s", name)
	}
	return after - before, nil
}

// fill writes page tables and code.
func fill(memory, code []byte) {
	const presentWritable, large = 0x3, 0x80
	binary.LittleEndian.PutUint64(memory[pml4Addr:], pdptAddr|presentWritable)
	binary.LittleEndian.PutUint64(memory[pdptAddr:], pdAddr|presentWritable)
	binary.LittleEndian.PutUint64(memory[pdAddr:], 0|presentWritable|large)
	copy(memory[codeAddr:], code)
}

// prepare gives the processor its features and puts it into 64-bit mode, at the start of the code.
func prepare(dev, vcpu int) error {
	features := cpuidTable{count: maxCPUID}
	_, err := ioctlPointer("KVM_GET_SUPPORTED_CPUID", dev, kvmGetSupportedCPUID, unsafe.Pointer(&features))
	if err != nil {
		return err
	}
	if _, err := ioctlPointer("KVM_SET_CPUID2", vcpu, kvmSetCPUID2, unsafe.Pointer(&features)); err != nil {
		return err
	}
	var s systemRegisters
	if _, err := ioctlPointer("KVM_GET_SREGS", vcpu, kvmGetSregs, unsafe.Pointer(&s)); err != nil {
		return err
	}
	s.cs = segment{limit: 0xffffffff, selector: 8, kind: 11, present: 1, s: 1, l: 1, g: 1}
	data := segment{limit: 0xffffffff, selector: 16, kind: 3, present: 1, db: 1, s: 1, g: 1}
	s.ds, s.es, s.fs, s.gs, s.ss = data, data, data, data, data
	s.cr0, s.cr3, s.cr4 = 0x80050033, pml4Addr, 0x20 // paging and protection on; physical address extension
	s.efer = 0x500                                   // long mode: enabled, active
	if _, err := ioctlPointer("KVM_SET_SREGS", vcpu, kvmSetSregs, unsafe.Pointer(&s)); err != nil {
		return err
	}
	r := registers{rcx: loops, rdi: dataAddr, rip: codeAddr, rflags: 2}
	_, err = ioctlPointer("KVM_SET_REGS", vcpu, kvmSetRegs, unsafe.Pointer(&r))
	return err
}

// threadTime is the processor time of this thread, the guest's included. Other than a clock on the wall it does not
// count the time in which a busy host runs something else.
func threadTime() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0, fmt.Errorf("read the thread's clock: %w", err)
	}
	return time.Duration(t.Nano()), nil
}

func ioctl(name string, fd int, request, arg uintptr) (int, error) {
	v, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, arg)
	if errno != 0 {
		return 0, fmt.Errorf("%s: %w", name, errno)
	}
	return int(v), nil
}

func ioctlPointer(name string, fd int, request uintptr, arg unsafe.Pointer) (int, error) {
	v, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
	if errno != 0 {
		return 0, fmt.Errorf("%s: %w", name, errno)
	}
	return int(v), nil
}
