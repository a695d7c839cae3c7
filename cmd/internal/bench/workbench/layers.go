package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/bench/rig"
)

// cached measures a build of which nothing has to run.
func (b *bench) cached() error {
	fmt.Println("\na build in which every step is cached, VHD included")
	path, err := b.Five("first")
	if err != nil {
		return err
	}
	var least time.Duration
	for range rig.Rounds {
		s, err := b.Build("", path)
		if err != nil {
			return err
		}
		if _, ran := s.Began[rig.LastOfFive]; ran {
			return fmt.Errorf("a step ran: %s", strings.Join(s.Said, "; "))
		}
		least = rig.Smaller(least, s.Whole)
	}
	b.Figure(least < cachedBound, "%s (wanted: less than %s", rig.Seconds(least), cachedBound)
	return nil
}

// filesStep is the step, counted from 1, that changes files.
const filesStep = 5

// ten are the commands of the template of ten steps.
func ten() []string {
	var commands []string
	for i := range 10 {
		commands = append(commands, fmt.Sprintf(rig.Work, i))
	}
	commands[filesStep-1] = "mkdir ~/many; for i in $(seq 1000); do echo $i >~/many/$i; done; " + commands[filesStep-1]
	return commands
}

// paused is what the builder says of each layer.
var paused = regexp.MustCompile(`the guest stood still for (\d+\.\d+) s, (\d+) MiB of memory`)

// tenSteps measures what layers cost a build of ten steps. Only the time of the steps is compared: what a boot takes varies by more.
func (b *bench) tenSteps() error {
	fmt.Println("\nwhat layers cost a build of ten steps")
	path, err := b.Template("ten", ten()...)
	if err != nil {
		return err
	}
	steps := func(s *rig.Seen) time.Duration { return s.Ended["generalize"] - s.Ended["boot"] }
	off, err := b.Build("", "--layers", "off", path)
	if err != nil {
		return err
	}
	on, err := b.Build("", "--no-cache", path)
	if err != nil {
		return err
	}
	var pauses []float64
	for _, text := range on.Said {
		if found := paused.FindStringSubmatch(text); found != nil {
			s, _ := strconv.ParseFloat(found[1], 64)
			pauses = append(pauses, s)
		}
	}
	if len(pauses) == 0 {
		return fmt.Errorf("no layer was taken: %s", strings.Join(on.Said, "; "))
	}
	slices.Sort(pauses)
	longest := time.Duration(pauses[len(pauses)-1] * float64(time.Second))
	median := time.Duration(pauses[len(pauses)/2] * float64(time.Second))
	b.Figure(median < pauseBound, "the guest stands still for %s in the median of %d layers, and %s at the longest (wanted: less than %s",
		rig.Seconds(median), len(pauses), rig.Seconds(longest), pauseBound)
	added := (steps(on) - steps(off)).Seconds() / off.Whole.Seconds()
	b.Figure(added < addedBound, "the steps take %s instead of %s, of a build of %s: %+.1f %% (wanted: less than %.0f %%",
		rig.Seconds(steps(on)), rig.Seconds(steps(off)), rig.Seconds(off.Whole), 100*added, 100*addedBound)
	return b.room()
}

// room tells how much disk layers take.
func (b *bench) room() error {
	cmd := exec.Command(b.Ingot, "layers", "ls", "--output", "json")
	cmd.Env = b.Env
	text, err := rig.Output(cmd)
	if err != nil {
		return err
	}
	var list struct {
		Layers []struct {
			DiskBytes, MemoryBytes int64
		}
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return err
	}
	var disk, state, with int64
	for _, l := range list.Layers {
		disk += l.DiskBytes
		if l.MemoryBytes > 0 {
			state, with = state+l.MemoryBytes, with+1
		}
	}
	if with > 0 {
		fmt.Printf("  a layer takes %d MiB of disk in the mean of %d, and %d MiB of memory in that of %d\n",
			disk/int64(len(list.Layers))>>20, len(list.Layers), state/with>>20, with)
	}
	return nil
}

// diff measures ingot diff of the layers before and after the step that changes files, in the latest run.
func (b *bench) diff() error {
	fmt.Println("\ningot diff of two layers, 1,000 files and more changed between them")
	var least time.Duration
	for range rig.Rounds {
		var took rig.Took
		var text strings.Builder
		cmd := exec.Command(b.Ingot, "diff", fmt.Sprintf("latest@step-%d", filesStep), fmt.Sprintf("latest@step-%d", filesStep+1), "--all")
		err := b.Follow(cmd, func(line []byte, _ time.Duration) bool {
			text.Write(append(line, '\n'))
			return false
		}, &took)
		if err != nil {
			return err
		}
		if n := strings.Count(text.String(), "/many/"); n < 1000 {
			return fmt.Errorf("it names %d of 1000 files: %.2000s", n, text.String())
		}
		least = rig.Smaller(least, took.Whole)
	}
	b.Figure(least < diffBound, "%s (wanted: less than %s", rig.Seconds(least), diffBound)
	return nil
}
