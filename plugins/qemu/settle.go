package qemu

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/machine"
)

// settlePatience bounds what a guest is told after it stood still. It takes an idle one 50 ms.
const settlePatience = 30 * time.Second

// clockScript sets the guest's clock; busybox's date knows no parts of a second.
func clockScript(now time.Time) string {
	return fmt.Sprintf("date -u -s @%d.%03d >/dev/null 2>&1 || date -u -s @%d >/dev/null || exit 1\n",
		now.Unix(), now.Nanosecond()/1e6, now.Round(time.Second).Unix())
}

// reseedScript makes the guest's random numbers others than those that it would have made without it: two guests that go on from
// one layer would make the same keys. What is written to /dev/urandom counts only when the kernel mixes its pool anew, which may take
// it a minute and can be asked for by ioctl alone. No shell has that, and not every guest has an interpreter, so a program of 12
// instructions does it; a folder may be one where nothing can be run.
func reseedScript(random []byte) string {
	return "printf '" + octal(random) + "' >/dev/urandom || exit 1\n" +
		"for d in /tmp /var/tmp /root /dev/shm; do\n" +
		"  f=$(mktemp \"$d/reseed.XXXXXX\" 2>/dev/null) || continue\n" +
		"  printf '" + octal(reseedProgram()) + "' >\"$f\" && chmod 700 \"$f\" && \"$f\" 2>/dev/null; r=$?\n" +
		"  rm -f \"$f\"; [ $r = 0 ] && exit 0\n" +
		"done\nexit 2\n"
}

// octal writes bytes as a shell's printf takes them.
func octal(bytes []byte) string {
	var b strings.Builder
	for _, c := range bytes {
		fmt.Fprintf(&b, `\%03o`, c)
	}
	return b.String()
}

// reseedProgram is a Linux program for x86-64: it opens /dev/urandom, asks for RNDRESEEDCRNG (random(4)), and exits with the errno
// of that, or 0.
func reseedProgram() []byte {
	code := []byte{
		0xb8, 2, 0, 0, 0, // mov eax, 2            open(2)
		0x48, 0x8d, 0x3d, 34, 0, 0, 0, // lea rdi, [rip+34]     "/dev/urandom", behind the code
		0xbe, 1, 0, 0, 0, // mov esi, 1            O_WRONLY
		0x31, 0xd2, // xor edx, edx
		0x0f, 0x05, // syscall
		0x89, 0xc7, // mov edi, eax          the descriptor
		0xbe, 0x07, 0x52, 0, 0, // mov esi, 0x5207       RNDRESEEDCRNG
		0xb8, 16, 0, 0, 0, // mov eax, 16           ioctl(2)
		0x0f, 0x05, // syscall
		0x89, 0xc7, // mov edi, eax
		0xf7, 0xdf, // neg edi               the errno
		0xb8, 60, 0, 0, 0, // mov eax, 60           exit(2)
		0x0f, 0x05, // syscall
	}
	code = append(code, "/dev/urandom\x00"...)
	const base, headers = 0x400000, 64 + 56
	b := []byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 15: 0} // 64 bit, little-endian, version 1
	le := binary.LittleEndian
	b = le.AppendUint16(b, 2)                         // executable
	b = le.AppendUint16(b, 62)                        // x86-64
	b = le.AppendUint32(b, 1)                         // version
	b = le.AppendUint64(b, base+headers)              // entry
	b = le.AppendUint64(b, 64)                        // program headers follow
	b = le.AppendUint64(b, 0)                         // no sections
	b = le.AppendUint32(b, 0)                         // flags
	for _, n := range []uint16{64, 56, 1, 64, 0, 0} { // sizes and numbers of headers
		b = le.AppendUint16(b, n)
	}
	size := uint64(headers + len(code))
	b = le.AppendUint32(b, 1)                                     // to be loaded,
	b = le.AppendUint32(b, 5)                                     // to be read and run,
	for _, n := range []uint64{0, base, base, size, size, 4096} { // from the beginning, to base, all of it
		b = le.AppendUint64(b, n)
	}
	return append(b, code...)
}

// lateness is how far behind a guest's clock may be. To set it takes an emulated guest as long as it is behind after one layer.
const lateness = 3 * time.Second

// catchUp sets the guest's clock when that has stood still for long, all in all. Without root it stays behind.
func (v *vm) catchUp(ctx context.Context, comm packersdk.Communicator, still time.Duration) {
	if v.behind += still; v.behind < lateness {
		return
	}
	v.behind = 0
	ctx, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	if err := machine.RunAsRoot(ctx, comm, clockScript(time.Now())); err != nil && ctx.Err() == nil {
		v.ui.Error(fmt.Sprintf("the guest's clock is behind: %v", err))
	}
}

// settle makes a guest that goes on from a layer one of its own: it has the time, and random numbers that no other has.
func (v *vm) settle(ctx context.Context, comm packersdk.Communicator) error {
	ctx, cancel := context.WithTimeoutCause(ctx, settlePatience, fmt.Errorf("the guest does not answer within %s", settlePatience))
	defer cancel()
	random := make([]byte, 64)
	_, _ = rand.Read(random) // never fails
	if err := machine.RunAsRoot(ctx, comm, clockScript(time.Now())+reseedScript(random)); err != nil {
		return fmt.Errorf("set its clock and its random numbers: %w", err)
	}
	return nil
}
