package container

import (
	"fmt"
	"net"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The guest's network card is called as in a VM of ours, and has the address that QEMU gives a VM's first one: cloud-init writes both
// into files of the image.
const Card = "enp0s3"

var cardAddress = net.HardwareAddr{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}

const tunDevice = "/dev/net/tun"

// makeCard makes the card in the network namespace of the thread that calls it, for slirp4netns to take over. It is there, with its address,
// before anybody in the guest looks for one, and goes with the namespace.
func makeCard() error {
	tun, err := os.OpenFile(tunDevice, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("make the guest's network card: %w\n  fix:  modprobe tun, or have %s in the outer container", err, tunDevice)
	}
	defer tun.Close()
	card, err := unix.NewIfreq(Card)
	if err != nil {
		return err
	}
	card.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(int(tun.Fd()), unix.TUNSETIFF, card); err != nil {
		return fmt.Errorf("make the guest's network card: %w", err)
	}
	address := unix.RawSockaddr{Family: unix.ARPHRD_ETHER}
	for i, b := range cardAddress {
		address.Data[i] = int8(b)
	}
	if err := setAddress(int(tun.Fd()), address); err != nil {
		return fmt.Errorf("give the guest's network card its address: %w", err)
	}
	if err := unix.IoctlSetInt(int(tun.Fd()), unix.TUNSETPERSIST, 1); err != nil {
		return fmt.Errorf("keep the guest's network card: %w", err)
	}
	return nil
}

// setAddress gives the card behind a descriptor of the tun device its address, as TUNSETIFF gave it its name.
func setAddress(tun int, address unix.RawSockaddr) error {
	request := struct {
		name    [unix.IFNAMSIZ]byte
		address unix.RawSockaddr
		_       [8]byte // struct ifreq is as large as its largest member
	}{address: address}
	copy(request.name[:], Card)
	return ioctl(tun, unix.SIOCSIFHWADDR, unsafe.Pointer(&request))
}
