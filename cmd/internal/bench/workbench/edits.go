package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ingot-build/ingot/internal/testtools"
)

// work is what a step does that is not the one that is looked at: a guest is busy with it for seconds.
const work = "head -c 12000000 /dev/urandom | gzip -1 >~/%d.gz"

// template writes an image template whose customizers run commands.
func (b *bench) template(name string, commands ...string) (path string, err error) {
	type object = map[string]any
	var steps []object
	for i, c := range commands {
		steps = append(steps, object{"type": "Shell", "name": fmt.Sprintf("step-%d", i+1), "inline": []string{c}})
	}
	const identity = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg/providers/" +
		"Microsoft.ManagedIdentity/userAssignedIdentities/id"
	text, err := json.MarshalIndent(object{
		"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": name, "location": "westeurope",
		"identity": object{"type": "UserAssigned", "userAssignedIdentities": object{identity: object{}}},
		"properties": object{
			"source":     object{"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest"},
			"customize":  steps,
			"distribute": []object{{"type": "VHD", "runOutputName": "disk"}},
		},
	}, "", "  ")
	if err != nil {
		return "", err
	}
	path = filepath.Join(b.dir, name+".json")
	return path, os.WriteFile(path, text, 0o600)
}

// five writes the template of five customizers, of which the last says mark.
func (b *bench) five(mark string) (string, error) {
	var commands []string
	for i := range 4 {
		commands = append(commands, fmt.Sprintf(work, i))
	}
	return b.template("five", append(commands, "echo "+mark)...)
}

const lastOfFive = "customize[4]"

// edits measures how long it takes from the save of an edit to what it does.
func (b *bench) edits() error {
	fmt.Println("\nthe last of five customizers is edited: from the save to its first line")
	path, err := b.five("first")
	if err != nil {
		return err
	}
	first, err := b.ingotBuild("", path)
	if err != nil {
		return err
	}
	fmt.Printf("  the first build, which keeps layers: %s, %s of it to boot\n",
		seconds(first.whole), seconds(first.ended["boot"]-first.began["boot"]))
	packer, err := b.packerRebuild("packer")
	if err != nil {
		return err
	}
	if path, err = b.five("scratch"); err != nil {
		return err
	}
	scratch, err := b.ingotBuild("scratch", "--no-cache", path)
	if err != nil {
		return err
	}
	fmt.Printf("  ingot build --no-cache              %s\n", seconds(scratch.line))
	again, own, err := b.again()
	if err != nil {
		return err
	}
	watch, err := b.watch()
	if err != nil {
		return err
	}
	for _, row := range []struct {
		name string
		took time.Duration
	}{{"ingot build", again}, {"ingot build --watch", watch}} {
		fmt.Printf("  %-35s %s: %.0f times less than --no-cache\n", row.name, seconds(row.took), scratch.line.Seconds()/row.took.Seconds())
		if packer > 0 {
			times := packer.Seconds() / row.took.Seconds()
			b.figure(times >= againBound, "  %.0f times less than stock Packer's %s (wanted: at least %.0f", times, seconds(packer), againBound)
		}
	}
	b.figure(own < ownBound, "ingot build's own part, all but the guest's work: %s (wanted: less than %s", seconds(own), ownBound)
	return nil
}

// again edits the last step and builds, some times.
func (b *bench) again() (least, own time.Duration, err error) {
	for i := range rounds {
		mark := fmt.Sprintf("again-%d", i)
		path, err := b.five(mark)
		if err != nil {
			return 0, 0, err
		}
		s, err := b.ingotBuild(mark, path)
		if err != nil {
			return 0, 0, err
		}
		part, err := s.own(lastOfFive)
		if err != nil {
			return 0, 0, err
		}
		fmt.Printf("    round %d: %s, of which Ingot and QEMU %s, and the guest %s\n", i+1, seconds(s.line), seconds(part), seconds(s.line-part))
		least, own = smaller(least, s.line), smaller(own, part)
	}
	return least, own, nil
}

// smaller is the smaller one; 0 is none yet.
func smaller(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// watch starts a build that watches, and edits the last step each time it is through.
func (b *bench) watch() (least time.Duration, err error) {
	path, err := b.five("watch-0")
	if err != nil {
		return 0, err
	}
	var saved time.Duration // when the last edit was saved, since the start
	var failure error
	round := 0
	var whole time.Duration
	cmd := exec.Command(b.ingot, "build", "--watch", "--memory", memoryMiB, "--fidelity", "off", path)
	err = b.follow(cmd, func(line []byte, at time.Duration) bool {
		text := string(line)
		switch {
		case strings.HasSuffix(strings.TrimSpace(text), fmt.Sprintf("watch-%d", round)) && saved > 0:
			least = smaller(least, at-saved)
			fmt.Printf("    round %d with --watch: %s\n", round, seconds(at-saved))
			if round == rounds {
				return true
			}
			saved = 0
		case strings.Contains(text, "watching ") && saved == 0:
			round++
			if _, failure = b.five(fmt.Sprintf("watch-%d", round)); failure != nil {
				return true
			}
			saved = at
		}
		return false
	}, &whole)
	if err == nil {
		err = failure
	}
	if err == nil && least == 0 {
		err = fmt.Errorf("ingot build --watch ended after %s, and did not build again", seconds(whole))
	}
	return least, err
}

// packerRebuild has stock Packer build all of it; 0 without a stock Packer.
func (b *bench) packerRebuild(mark string) (line time.Duration, err error) {
	stock, err := testtools.FindPacker()
	if err != nil {
		fmt.Println("  stock Packer is not measured:", err)
		return 0, nil
	}
	path, err := b.five(mark)
	if err != nil {
		return 0, err
	}
	folder := filepath.Join(b.dir, "five")
	if _, err := output(exec.Command(b.ingot, "translate", path, "-o", folder)); err != nil {
		return 0, err
	}
	plugin := filepath.Join(b.dir, "packer-plugin-ingot")
	if _, err := output(exec.Command("go", "build", "-o", plugin, "./cmd/packer-plugin-ingot")); err != nil {
		return 0, err
	}
	install := exec.Command(stock, "plugins", "install", "--path", plugin, "github.com/ingot-build/ingot")
	install.Env = b.env
	if _, err := output(install); err != nil {
		return 0, err
	}
	out := filepath.Join(b.dir, "packer-out")
	defer os.RemoveAll(out)
	var whole time.Duration
	cmd := exec.Command(stock, "build", "-color=false", "-var", "source_disk="+b.disk, "-var", "output_directory="+out,
		"-var", "vm_name=ingot-bench", "-var", "memory="+memoryMiB, folder)
	err = b.follow(cmd, func(text []byte, at time.Duration) bool {
		if line == 0 && strings.HasSuffix(strings.TrimSpace(string(text)), ": "+mark) {
			line = at
		}
		return false
	}, &whole)
	if err == nil && line == 0 {
		err = fmt.Errorf("stock Packer never said %q", mark)
	}
	if err == nil {
		fmt.Printf("  stock Packer, all of it again       %s, and %s to its end\n", seconds(line), seconds(whole))
	}
	return line, err
}
