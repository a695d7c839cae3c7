package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/bench/rig"
)

// edits measures how long it takes from the save of an edit to what it does.
func (b *bench) edits() error {
	fmt.Println("\nthe last of five customizers is edited: from the save to its first line")
	path, err := b.Five("first")
	if err != nil {
		return err
	}
	first, err := b.Build("", path)
	if err != nil {
		return err
	}
	fmt.Printf("  the first build, which keeps layers: %s, %s of it to boot\n",
		rig.Seconds(first.Whole), rig.Seconds(first.Ended["boot"]-first.Began["boot"]))
	packer, _, err := b.PackerRebuild("packer")
	if err != nil {
		return err
	}
	if path, err = b.Five("scratch"); err != nil {
		return err
	}
	scratch, err := b.Build("scratch", "--no-cache", path)
	if err != nil {
		return err
	}
	fmt.Printf("  ingot build --no-cache              %s\n", rig.Seconds(scratch.Line))
	again, own, err := b.again()
	if err != nil {
		return err
	}
	watch, err := b.Watch()
	if err != nil {
		return err
	}
	for _, row := range []struct {
		name string
		took time.Duration
	}{{"ingot build", again}, {"ingot build --watch", watch}} {
		fmt.Printf("  %-35s %s: %.0f times less than --no-cache\n", row.name, rig.Seconds(row.took), scratch.Line.Seconds()/row.took.Seconds())
		if packer > 0 {
			times := packer.Seconds() / row.took.Seconds()
			b.Figure(times >= againBound, "  %.0f times less than stock Packer's %s (wanted: at least %.0f", times, rig.Seconds(packer), againBound)
		}
	}
	b.Figure(own < ownBound, "ingot build's own part, all but the guest's work: %s (wanted: less than %s", rig.Seconds(own), ownBound)
	return nil
}

// again edits the last step and builds, some times.
func (b *bench) again() (least, own time.Duration, err error) {
	for i := range rig.Rounds {
		mark := fmt.Sprintf("again-%d", i)
		path, err := b.Five(mark)
		if err != nil {
			return 0, 0, err
		}
		s, err := b.Build(mark, path)
		if err != nil {
			return 0, 0, err
		}
		part, err := ownPart(s, rig.LastOfFive)
		if err != nil {
			return 0, 0, err
		}
		fmt.Printf("    round %d: %s, of which Ingot and QEMU %s, and the guest %s\n", i+1, rig.Seconds(s.Line), rig.Seconds(part), rig.Seconds(s.Line-part))
		least, own = rig.Smaller(least, s.Line), rig.Smaller(own, part)
	}
	return least, own, nil
}

// guestTook is what the builder says of a guest that was restored.
var guestTook = regexp.MustCompile(`of which the guest took (\d+\.\d+) s`)

// ownPart is all but the guest's own work until its first line: that is letting somebody in and setting its clock and random numbers,
// and taking and starting the script.
func ownPart(s *rig.Seen, step string) (time.Duration, error) {
	found := guestTook.FindStringSubmatch(s.Details["boot"])
	if found == nil {
		return 0, fmt.Errorf("the build VM was not restored: %q, %s", s.Details["boot"], strings.Join(s.Said, "; "))
	}
	guest, err := strconv.ParseFloat(found[1], 64)
	return s.Began[step] - time.Duration(guest*float64(time.Second)), err
}
