package rig

import (
	"fmt"
	"os"
)

// Main is the main function of a program NAME INGOT [IMAGE] that takes its measurements by a rig, whose Close it calls. It ends the program
// with exit code 1 when one cannot be taken, or a bound was missed.
func Main(name string, measure func(*Rig) error) {
	if len(os.Args) < 2 || len(os.Args) > 3 {
		fmt.Fprintf(os.Stderr, "usage: %s INGOT [IMAGE]\n", name)
		os.Exit(2)
	}
	image := "debian-12"
	if len(os.Args) == 3 {
		image = os.Args[2]
	}
	missed, err := run(os.Args[1], image, measure)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
	}
	if err != nil || missed {
		os.Exit(1)
	}
}

func run(ingot, image string, measure func(*Rig) error) (missed bool, err error) {
	r, err := Prepare(ingot, image)
	if err != nil {
		return false, err
	}
	defer r.Close()
	r.Head()
	err = measure(r)
	return r.Missed, err
}

// All takes measurements one after another, as far as they can be taken.
func All(measurements ...func() error) error {
	for _, measure := range measurements {
		if err := measure(); err != nil {
			return err
		}
	}
	return nil
}
