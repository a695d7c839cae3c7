package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	emptySteps = 30        // in a template
	fileSize   = 128 << 20 // bytes, over SSH
)

// overSSH measures everything that goes over SSH.
func (b *bench) overSSH() error {
	guest, err := startSSHD(b.dir)
	var missing *exec.Error
	if errors.As(err, &missing) {
		fmt.Printf("over SSH nothing is measured: %v\n  fix:  apt-get install openssh-server openssh-client (no service of theirs need run)\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer guest.close()
	stamps, file := filepath.Join(b.dir, "stamps"), ""
	if file, err = b.noise("ssh.bin", fileSize); err != nil {
		return err
	}
	there := filepath.Join(b.dir, "there.bin")
	folder, err := b.template("ssh", sshTemplate(guest, stamps, file, there))
	if err != nil {
		return err
	}
	var trip, scp time.Duration
	ours, theirs := new(timed), new(timed)
	for range rounds {
		// In turns, so that a change in what else the machine does is felt by all.
		t, err := guest.roundTrip()
		if err != nil {
			return err
		}
		trip = smaller(trip, t)
		for _, who := range []struct {
			program string
			*timed
		}{{b.packer, theirs}, {b.ingot, ours}} {
			if _, err := b.build(who.program, folder); err != nil {
				return err
			}
			if err := who.read(stamps); err != nil {
				return err
			}
			if same, err := exec.Command("cmp", file, there).CombinedOutput(); err != nil {
				return fmt.Errorf("%s did not copy the file: %s", who.program, same)
			}
			if err := errors.Join(os.Remove(stamps), os.Remove(there)); err != nil {
				return err
			}
		}
		if t, err = guest.scp(file, there); err != nil {
			return err
		}
		scp = smaller(scp, t)
	}
	over := ours.step - trip
	b.figure(over < overheadBound, "an empty Shell step over SSH: %.1f ms, Packer's %.1f ms; one round trip: %.1f ms; beyond it: %.1f ms, "+
		"Packer's %.1f ms (wanted: under %d ms", milliseconds(ours.step), milliseconds(theirs.step), milliseconds(trip), milliseconds(over),
		milliseconds(theirs.step-trip), overheadBound.Milliseconds())
	part := scp.Seconds() / ours.copy.Seconds()
	b.figure(part >= scpBound, "%d MiB by File over SSH: %.0f MiB/s, Packer's %.0f MiB/s, scp's %.0f MiB/s; %.2f of scp's (wanted: at least %.2f",
		fileSize>>20, rate(fileSize, ours.copy), rate(fileSize, theirs.copy), rate(fileSize, scp), part, scpBound)
	return nil
}

// sshTemplate has steps that do nothing but tell when they run, and one that copies a file before the last of them.
func sshTemplate(g *sshGuest, stamps, file, there string) string {
	step := fmt.Sprintf("  provisioner \"shell\" {\n    inline = [%q]\n  }\n", "date +%s%N >>"+stamps)
	return fmt.Sprintf(`source "null" "guest" {
  communicator         = "ssh"
  ssh_host             = "127.0.0.1"
  ssh_port             = %d
  ssh_username         = %q
  ssh_private_key_file = %q
}
build {
  sources = ["source.null.guest"]
%s  provisioner "file" {
    source      = %q
    destination = %q
  }
%s}
`, g.port, g.user, g.key, strings.Repeat(step, emptySteps), file, there, step)
}

// timed is the least that a program needed.
type timed struct{ step, copy time.Duration }

// read reads what the steps of a build wrote. From one to the next is all that a step takes.
func (t *timed) read(stamps string) error {
	text, err := os.ReadFile(stamps)
	if err != nil {
		return err
	}
	var times []int64
	for _, field := range bytes.Fields(text) {
		at, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return err
		}
		times = append(times, at)
	}
	if len(times) != emptySteps+1 {
		return fmt.Errorf("%d steps ran, and not %d", len(times), emptySteps+1)
	}
	var steps []time.Duration
	for i := 1; i < emptySteps; i++ {
		steps = append(steps, time.Duration(times[i]-times[i-1]))
	}
	step := calmest(steps)
	t.step = smaller(t.step, step)
	t.copy = smaller(t.copy, time.Duration(times[emptySteps]-times[emptySteps-1])-step)
	return nil
}
