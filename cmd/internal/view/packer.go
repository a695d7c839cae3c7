package view

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Build is what one build of a Packer template came to.
type Build struct {
	Name      string        `json:"name"`
	Artifacts []Artifact    `json:"artifacts"`
	Elapsed   time.Duration `json:"elapsedNs"`
	Error     string        `json:"error,omitempty"`
}

// Artifact is what a builder or a post-processor made.
type Artifact struct {
	BuilderID string   `json:"builderId"`
	ID        string   `json:"id"`
	Text      string   `json:"text"` // what the component says of it
	Files     []string `json:"files"`
}

// made reports whether any build made something.
func made(builds []Build) bool {
	return slices.ContainsFunc(builds, func(b Build) bool { return len(b.Artifacts) > 0 })
}

// write adds a build to a summary. A failure is a problem of its own, so here it is only named.
func (b Build) write(to *strings.Builder, p Palette) {
	state := p.Good("built") + " in"
	if b.Error != "" {
		state = p.Bad("failed") + " after"
	}
	fmt.Fprintf(to, "\n  %s %s %s\n", p.Bold(Line(b.Name)), state, clock(b.Elapsed))
	for _, a := range b.Artifacts {
		field(to, p, "made", a.Text)
		for _, f := range a.Files {
			field(to, p, "file", f)
		}
	}
}
