package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/bench/rig"
)

// paused is what the builder says of each layer.
var paused = regexp.MustCompile(`stood still for (\d+\.\d+) s`)

// layers measures how long the container stands still for a layer.
func (b *bench) layers() error {
	fmt.Println("\nfor how long the container stands still for a layer")
	for _, w := range []struct{ name, command string }{
		{"after little was written", "echo little >~/little"},
		{"after 300 MB were written, and not yet to the disk", "head -c 300000000 /dev/urandom >~/much"},
	} {
		path, err := b.Template("layers", "true", w.command, "true")
		if err != nil {
			return err
		}
		s, err := b.build(false, "", path, "--no-cache")
		if err != nil {
			return err
		}
		var times []time.Duration
		for _, text := range s.Said {
			if found := paused.FindStringSubmatch(text); found != nil {
				t, _ := strconv.ParseFloat(found[1], 64)
				times = append(times, time.Duration(t*float64(time.Second)))
			}
		}
		const before = 3 // prepare, the first step, and the one that writes
		if len(times) < before+1 {
			return fmt.Errorf("%d layers were taken: %s", len(times), strings.Join(s.Said, "; "))
		}
		b.Figure(times[before] < layerBound, "%-52s %.0f ms (wanted: less than %s", w.name, times[before].Seconds()*1000, layerBound)
	}
	return nil
}

// throughput writes and reads a file past what is cached, and prints MB/s of each.
const throughput = `f=%s
rate() { t=$(date +%%s%%N); "$@" 2>/dev/null; echo "$1-rate $((300000 * 1000 / (($(date +%%s%%N) - t) / 1000)))"; }
head -c 300000000 /dev/urandom >$f.source; sync
write() { dd if=$f.source of=$f bs=1M conv=fsync; }
read_back() { dd if=$f of=/dev/null bs=1M iflag=direct; }
rate write; rate read_back
rm -f $f $f.source`

// disk compares the disk of the image with a file of this host's.
func (b *bench) disk() error {
	fmt.Println("\n300 MB written and synced, and read past the cache")
	native, err := rig.Output(exec.Command("sh", "-c", fmt.Sprintf(throughput, filepath.Join(b.Dir, "native"))))
	if err != nil {
		return err
	}
	path, err := b.Template("disk", fmt.Sprintf(throughput, "~/file"))
	if err != nil {
		return err
	}
	s, err := b.build(false, "", path, "--layers", "off")
	if err != nil {
		return err
	}
	for _, name := range []string{"write", "read_back"} {
		own, err := rate(name, strings.Split(native, "\n"))
		if err != nil {
			return err
		}
		image, err := rate(name, s.Printed)
		if err != nil {
			return err
		}
		fmt.Printf("  %-10s %5d MB/s, and %5d MB/s on this host: %.2f times that\n", name, image, own, float64(image)/float64(own))
	}
	return nil
}

// rate finds what the script printed, in MB a second.
func rate(name string, lines []string) (int, error) {
	for _, line := range lines {
		if text, ok := strings.CutPrefix(line, name+"-rate "); ok {
			return strconv.Atoi(text)
		}
	}
	return 0, fmt.Errorf("no %s-rate is in what was printed: %s", name, strings.Join(lines, "; "))
}

// packages compares an installation in a container and in a VM.
func (b *bench) packages() error {
	const install = "sudo apt-get update -q && sudo DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends nginx-light sqlite3 jq"
	path, err := b.Template("packages", install)
	if err != nil {
		return err
	}
	took := map[bool]time.Duration{}
	for _, vm := range []bool{true, false} {
		s, err := b.build(vm, "", path, "--layers", "off")
		if err != nil {
			return err
		}
		took[vm] = s.Ended["customize[0]"] - s.Began["customize[0]"]
	}
	fmt.Printf("\napt-get update and install of nginx-light, sqlite3 and jq\n  in a container %s; in a VM %s, %.1f times as long\n",
		rig.Seconds(took[false]), rig.Seconds(took[true]), took[true].Seconds()/took[false].Seconds())
	return nil
}
