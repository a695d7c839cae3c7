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
)

// cached measures a build of which nothing has to run.
func (b *bench) cached() error {
	fmt.Println("\na build in which every step is cached, VHD included")
	path, err := b.five("first")
	if err != nil {
		return err
	}
	var least time.Duration
	for range rounds {
		s, err := b.ingotBuild("", path)
		if err != nil {
			return err
		}
		if _, ran := s.began[lastOfFive]; ran {
			return fmt.Errorf("a step ran: %s", strings.Join(s.said, "; "))
		}
		least = smaller(least, s.whole)
	}
	b.figure(least < cachedBound, "%s (wanted: less than %s", seconds(least), cachedBound)
	return nil
}

// filesStep is the step, counted from 1, that changes files.
const filesStep = 5

// ten are the commands of the template of ten steps.
func ten() []string {
	var commands []string
	for i := range 10 {
		commands = append(commands, fmt.Sprintf(work, i))
	}
	commands[filesStep-1] = "mkdir ~/many; for i in $(seq 1000); do echo $i >~/many/$i; done; " + commands[filesStep-1]
	return commands
}

// paused is what the builder says of each layer.
var paused = regexp.MustCompile(`the guest stood still for (\d+\.\d+) s, (\d+) MiB of memory`)

// tenSteps measures what layers cost a build of ten steps. Only the time of the steps is compared: what a boot takes varies by more.
func (b *bench) tenSteps() error {
	fmt.Println("\nwhat layers cost a build of ten steps")
	path, err := b.template("ten", ten()...)
	if err != nil {
		return err
	}
	steps := func(s *seen) time.Duration { return s.ended["generalize"] - s.ended["boot"] }
	off, err := b.ingotBuild("", "--layers", "off", path)
	if err != nil {
		return err
	}
	on, err := b.ingotBuild("", "--no-cache", path)
	if err != nil {
		return err
	}
	var pauses []float64
	for _, text := range on.said {
		if found := paused.FindStringSubmatch(text); found != nil {
			s, _ := strconv.ParseFloat(found[1], 64)
			pauses = append(pauses, s)
		}
	}
	if len(pauses) == 0 {
		return fmt.Errorf("no layer was taken: %s", strings.Join(on.said, "; "))
	}
	slices.Sort(pauses)
	longest := time.Duration(pauses[len(pauses)-1] * float64(time.Second))
	median := time.Duration(pauses[len(pauses)/2] * float64(time.Second))
	b.figure(median < pauseBound, "the guest stands still for %s in the median of %d layers, and %s at the longest (wanted: less than %s",
		seconds(median), len(pauses), seconds(longest), pauseBound)
	added := (steps(on) - steps(off)).Seconds() / off.whole.Seconds()
	b.figure(added < addedBound, "the steps take %s instead of %s, of a build of %s: %+.1f %% (wanted: less than %.0f %%",
		seconds(steps(on)), seconds(steps(off)), seconds(off.whole), 100*added, 100*addedBound)
	return b.room()
}

// room tells how much disk layers take.
func (b *bench) room() error {
	cmd := exec.Command(b.ingot, "layers", "ls", "--output", "json")
	cmd.Env = b.env
	text, err := output(cmd)
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
	for range rounds {
		var whole time.Duration
		var text strings.Builder
		cmd := exec.Command(b.ingot, "diff", fmt.Sprintf("latest@step-%d", filesStep), fmt.Sprintf("latest@step-%d", filesStep+1), "--all")
		err := b.follow(cmd, func(line []byte, _ time.Duration) bool {
			text.Write(append(line, '\n'))
			return false
		}, &whole)
		if err != nil {
			return err
		}
		if n := strings.Count(text.String(), "/many/"); n < 1000 {
			return fmt.Errorf("it names %d of 1000 files: %.2000s", n, text.String())
		}
		least = smaller(least, whole)
	}
	b.figure(least < diffBound, "%s (wanted: less than %s", seconds(least), diffBound)
	return nil
}
