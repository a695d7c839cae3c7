package tinyguest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLoadOrder(t *testing.T) {
	defer func(old []string) { drivers = old }(drivers)
	drivers = []string{"net", "block"}
	const deps = "kernel/net.ko: kernel/failover.ko kernel/virtio.ko kernel/ring.ko\nkernel/virtio.ko: kernel/ring.ko\nkernel/ring.ko:\n" +
		"kernel/failover.ko:\nkernel/block.ko: kernel/virtio.ko kernel/ring.ko\n"
	got, err := loadOrder(deps)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"kernel/ring.ko", "kernel/virtio.ko", "kernel/failover.ko", "kernel/net.ko", "kernel/block.ko"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	drivers = []string{"sound"}
	if _, err := loadOrder(deps); err == nil {
		t.Error("a module that is not there is no error")
	}
}

func TestDisk(t *testing.T) {
	if a, b := Disk(t), Disk(t); a != b {
		t.Errorf("made twice: %s, %s", a, b)
	}
}
