package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/engine/sameimage"
)

// fast writes where the steps ran of a build that was in a container, what of that may come out otherwise in a VM, and what the VM of
// --verify-in-vm made of it.
func (e Ending) fast(b *strings.Builder, p Palette) {
	if e.RanText != "" {
		fmt.Fprintf(b, "\n  %s%s\n", p.Faint("steps: "), Line(e.RanText))
	}
	if len(e.Marks) > 0 {
		fmt.Fprintf(b, "  %s%s\n", p.Faint("in a container: "), p.Warn(markSum(e.Marks)))
	}
	if e.Verified == nil {
		return
	}
	text := Line(e.Verified.Text)
	if e.Verified.Same {
		text = p.Good(text)
	} else {
		text = p.Warn(text)
	}
	fmt.Fprintf(b, "  %s%s\n", p.Faint("verified: "), text)
	for _, d := range e.Verified.First {
		fmt.Fprintf(b, "    %s\n", Line(d.String()))
	}
	if more := e.Verified.Different - len(e.Verified.First); more > 0 {
		fmt.Fprintf(b, "    %s\n", p.Faint(fmt.Sprintf("and %d more", more)))
	}
}

// markSum says which steps have marks, and of which kinds.
func markSum(marks []kernelbound.Mark) string {
	var parts []string
	kinds, at := map[string][]string{}, []string{}
	for _, m := range marks {
		if kinds[m.Step] == nil {
			at = append(at, m.Step)
		}
		if !strings.Contains(" "+strings.Join(kinds[m.Step], " ")+" ", " "+m.Kind+" ") {
			kinds[m.Step] = append(kinds[m.Step], m.Kind)
		}
	}
	for _, step := range at {
		parts = append(parts, fmt.Sprintf("%s (%s)", step, strings.Join(kinds[step], ", ")))
	}
	return strings.Join(parts, ", ") + " may come out otherwise in a VM"
}

// InContainers is what of a build's result is about containers.
type InContainers struct {
	Ran      []Stretch          `json:"ran,omitempty"`      // where steps were run, where that may have been a container
	Marks    []kernelbound.Mark `json:"marks,omitempty"`    // what may come out otherwise in a VM, of steps that were run in a container
	Verified *Verified          `json:"verified,omitempty"` // how the VM's image compares with the container's; nil: nobody wanted to know

	RanText string `json:"-"` // Ran, on a line for people
}

// Stretch is a row of steps that were run on one target.
type Stretch struct {
	Target string   `json:"target"` // nspawn is a container, qemu a VM
	Steps  []string `json:"steps"`  // ids
	Reused bool     `json:"reused,omitempty"`
	Why    string   `json:"why,omitempty"` // why not on the target of the stretch before
}

// Verified says how the VM's image compares with the container's.
type Verified struct {
	Same       bool                   `json:"same"`
	Files      int                    `json:"files"`     // that were held against each other
	Explained  int                    `json:"explained"` // differences that any two builds have
	Different  int                    `json:"different"` // others
	First      []sameimage.Difference `json:"first,omitempty"`
	Packages   []string               `json:"packages,omitempty"` // names of those that differ
	Unreadable string                 `json:"unreadable,omitempty"`
	Took       time.Duration          `json:"tookNs"`
	Text       string                 `json:"text"` // a line for people
}
