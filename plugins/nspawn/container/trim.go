package container

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Of fstrim(8).
const ioctlTrim = 0xc0185879

// trim frees the blocks of the disk that hold nothing, as the guest of a VM does by fstrim at its end: its own order is refused in a container.
// What cannot be freed makes the image larger, and is no error.
func trim(at string) {
	fd, err := unix.Open(at, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	all := struct{ start, length, least uint64 }{length: ^uint64(0)}
	_ = ioctl(fd, ioctlTrim, unsafe.Pointer(&all))
}
