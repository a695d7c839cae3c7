package main

import (
	"fmt"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/bench/rig"
)

// start measures how long it takes until somebody is in: at the first boot, where cloud-init makes the user, and from a layer.
func (b *bench) start() error {
	fmt.Println("\nfrom the start of the container to its first command by SSH")
	path, err := b.Five("first")
	if err != nil {
		return err
	}
	first, err := b.build(false, "", path)
	if err != nil {
		return err
	}
	fmt.Printf("  first boot, in which cloud-init makes the user    %s\n", rig.Seconds(first.Ended["boot"]-first.Began["boot"]))
	var boots []time.Duration
	var all []*rig.Seen
	for i := range rig.Rounds {
		mark := fmt.Sprintf("start-%d", i)
		s, err := b.edit(false, mark)
		if err != nil {
			return err
		}
		// Logging in is not all: the first command waits for the user's session. Ingot's own one has ended when the step begins.
		boots, all = append(boots, s.Began[rig.LastOfFive]-s.Began["boot"]), append(all, s)
	}
	b.Figure(least(boots) < startBound, "from a layer                                      %s (wanted: less than %s",
		rig.Seconds(least(boots)), startBound)
	fmt.Println("  where an edit's time goes, since the start of ingot build")
	for i, s := range all {
		fmt.Printf("    round %d: container begins %s, logged in %s, step begins %s, its first line %s\n", i+1, rig.Seconds(s.Began["boot"]),
			rig.Seconds(s.Ended["boot"]), rig.Seconds(s.Began[rig.LastOfFive]), rig.Seconds(s.Line))
	}
	return nil
}

// edit saves an edit of the last step, and builds until its first line.
func (b *bench) edit(vm bool, mark string) (*rig.Seen, error) {
	path, err := b.Five(mark)
	if err != nil {
		return nil, err
	}
	return b.build(vm, mark, path)
}

// five measures five customizers, all and with the last one edited.
func (b *bench) five() error {
	fmt.Println("\nfive customizers")
	cold := map[bool]time.Duration{}
	again := map[bool]time.Duration{}
	for _, vm := range []bool{true, false} {
		path, err := b.Five("cold")
		if err != nil {
			return err
		}
		s, err := b.build(vm, "", path, "--no-cache")
		if err != nil {
			return err
		}
		cold[vm] = s.Whole
		for i := range rig.Rounds {
			s, err := b.edit(vm, fmt.Sprintf("edit-%t-%d", vm, i))
			if err != nil {
				return err
			}
			again[vm] = rig.Smaller(again[vm], s.Line)
		}
	}
	watch, err := b.Watch(onFast...)
	if err != nil {
		return err
	}
	packer, whole, err := b.PackerRebuild("packer")
	if err != nil {
		return err
	}
	fmt.Println("                                         all of it    from the save to the edited last step's first line")
	fmt.Printf("  in a container                         %7s      %s\n", rig.Seconds(cold[false]), rig.Seconds(again[false]))
	row := func(name string, all, line time.Duration) {
		fmt.Printf("  %-38s %7s, %5.1f times as long    %s, %.0f times as long\n", name, rig.Seconds(all), all.Seconds()/cold[false].Seconds(),
			rig.Seconds(line), line.Seconds()/again[false].Seconds())
	}
	row("in a VM", cold[true], again[true])
	if packer > 0 {
		row("in a VM, by stock Packer", whole, packer)
	}
	b.Figure(again[false] < editBound, "ingot build --on fast, from the save to the first line           %s (wanted: less than %s",
		rig.Seconds(again[false]), editBound)
	b.Figure(watch < editBound, "ingot build --on fast --watch, from the save to the first line   %s (wanted: less than %s",
		rig.Seconds(watch), editBound)
	return nil
}
