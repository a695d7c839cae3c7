package nspawn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"golang.org/x/sys/unix"

	"github.com/ingot-build/ingot/plugins/machine"
	"github.com/ingot-build/ingot/plugins/qemu"
)

// freezer is what the engine knows of a communicator that can keep its guest.
type freezer interface {
	Freeze(ctx context.Context, dir string, memory bool) ([]byte, error)
}

// keep freezes the guest into a new folder, as the engine does.
func keep(ctx context.Context, t *testing.T, comm packersdk.Communicator) (dir string, err error) {
	t.Helper()
	dir = t.TempDir()
	facts, err := comm.(freezer).Freeze(ctx, dir, true)
	if err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, machine.FactsFile), facts, 0o600)
}

// What was written before a layer is in it, and what was written after it is not.
func TestLayers(t *testing.T) {
	disk := tinyDisk(t)
	var first, second, key string
	b := newBuild(t, disk, map[string]any{"cpus": 1, "memory": 768, "firmware": "uefi"})
	b.must(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) (err error) {
		key = string(b.builder.(*Builder).config.comm.SSHPrivateKey)
		for i, dir := range []*string{&first, &second} {
			if _, err := command(ctx, comm, fmt.Sprintf("echo %d | sudo tee -a /etc/steps", i+1)); err != nil {
				return err
			}
			if *dir, err = keep(ctx, t, comm); err != nil {
				return err
			}
		}
		_, err = command(ctx, comm, "echo 3 | sudo tee -a /etc/steps")
		return err
	})
	b.checkLeft(leftDisk...)
	for _, dir := range []string{first, second} {
		checkWhole(t, filepath.Join(dir, machine.DiskFile))
		text, err := os.ReadFile(filepath.Join(dir, machine.FactsFile))
		var f machine.Facts
		if err = errors.Join(err, json.Unmarshal(text, &f)); err != nil || f != machine.NewFacts("nspawn", 1, 768, "uefi") {
			t.Errorf("facts: %+v, %v", f, err)
		}
	}
	on := newBuild(t, disk, map[string]any{"layer": first, "ssh_private_key": key})
	on.must(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
		if got, err := command(ctx, comm, "cat /etc/steps"); err != nil || got != "1" {
			t.Errorf("in the first layer: %q, %v", got, err)
		}
		return nil
	})
	if strings.Contains(on.ui.text(), "OPENSSH") {
		t.Error("the key was told")
	}
	on.checkLeft(leftDisk...)
}

// A layer in a folder on another file system is a copy, and one that has no room there costs the guest nothing.
func TestLayersElsewhere(t *testing.T) {
	disk := tinyDisk(t)
	var key, far string
	b := newBuild(t, disk, nil)
	b.must(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) (err error) {
		key = string(b.builder.(*Builder).config.comm.SSHPrivateKey)
		full := smallDisk(t, "64k")
		if _, err := comm.(freezer).Freeze(ctx, full, false); !errors.Is(err, unix.ENOSPC) {
			t.Errorf("without room: %v", err)
		}
		if machine.IsFile(filepath.Join(full, machine.DiskFile)) {
			t.Error("half a disk was left")
		}
		far = smallDisk(t, "64m")
		for i, dir := range []string{far, t.TempDir()} {
			if _, err := command(ctx, comm, fmt.Sprintf("echo %d | sudo tee -a /etc/steps", i+1)); err != nil {
				return err
			}
			facts, err := comm.(freezer).Freeze(ctx, dir, false)
			if err = errors.Join(err, os.WriteFile(filepath.Join(dir, machine.FactsFile), facts, 0o600)); err != nil {
				return err
			}
		}
		_, err = command(ctx, comm, "echo 3 | sudo tee -a /etc/steps")
		return err
	})
	checkWhole(t, filepath.Join(b.dir, machine.DiskFile))
	for _, tt := range []struct {
		want    string
		changes map[string]any
	}{
		{"1", map[string]any{"layer": far, "ssh_private_key": key}},
		{"1\n2\n3", map[string]any{"source_disk": filepath.Join(b.dir, machine.DiskFile)}},
	} {
		newBuild(t, disk, tt.changes).must(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
			if got, err := command(ctx, comm, "cat /etc/steps"); err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
			return nil
		})
	}
}

// A VM goes on from what a container left, with the same user and key, and a container from what a VM left.
func TestLayersCrossOver(t *testing.T) {
	disk := tinyDisk(t)
	vm := func(changes map[string]any) packersdk.Builder {
		t.Helper()
		b := qemu.New()
		config := map[string]any{"source_disk": disk, "source_format": "qcow2", "output_directory": filepath.Join(t.TempDir(), "vm"),
			"vm_name": fmt.Sprintf("ingot-test-%d-vm", os.Getpid()), "accelerator": "tcg"}
		maps.Copy(config, changes)
		if _, _, err := b.Prepare(config); err != nil {
			t.Fatal(err)
		}
		return b
	}
	var fast, slow, key string
	b := newBuild(t, disk, map[string]any{"cpus": 1, "memory": 256})
	b.must(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) (err error) {
		key = string(b.builder.(*Builder).config.comm.SSHPrivateKey)
		if _, err = command(ctx, comm, "echo in a container | sudo tee /etc/steps"); err == nil {
			fast, err = keep(ctx, t, comm)
		}
		return err
	})
	ui := &recorder{}
	if _, err := vm(map[string]any{"layer": fast, "ssh_private_key": key}).Run(t.Context(), ui,
		hookFunc(func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) (err error) {
			if _, err = command(ctx, comm, "echo in a VM | sudo tee -a /etc/steps"); err == nil {
				slow, err = keep(ctx, t, comm)
			}
			return err
		})); err != nil {
		t.Fatalf("%v\n%s", err, ui.text())
	}
	newBuild(t, disk, map[string]any{"layer": slow, "ssh_private_key": key}).must(
		func(ctx context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
			if got, err := command(ctx, comm, "cat /etc/steps"); err != nil || got != "in a container\nin a VM" {
				t.Errorf("after both: %q, %v", got, err)
			}
			return nil
		})
}
