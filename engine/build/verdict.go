package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/layers"
)

// verdictFile says, in the folder of a finished disk, which validators it has passed.
const verdictFile = "validated"

// A validation reads a finished disk and changes none: what it writes goes to a disk of its own. So the same validators come to the same
// end over the very same disk, as far as they look at nothing else than it; and one that passed is not run again. Only the layer with that
// disk counts, by its ID and its checksums: a disk that was built again, from the same steps too, is validated again. What failed always is.

// verdictKey names what a validation of a finished disk does. It is under the key of this host, so that nobody else can write it.
func (s *state) verdictKey(final layers.Layer) string {
	steps := s.Plan.Validation.Steps
	disk := layers.Base{Format: "finished disk", SHA256: final.ID}
	if s.Target.Info().Container {
		disk.Format += " in a container"
	}
	p := s.profile(disk)
	return s.LayerStore.Keys(p, steps).At(len(steps)).String()
}

// validatedBefore reports whether the disk of an earlier run is this run's, and passed the same validation.
func (s *state) validatedBefore() bool {
	if !s.finished() || sourceOnly(s.Plan) {
		return false
	}
	final := s.layering.chain.Top()
	text, err := os.ReadFile(filepath.Join(final.Dir, verdictFile))
	if err != nil {
		return false // then it is validated
	}
	key := s.verdictKey(final)
	for line := range strings.Lines(string(text)) {
		if strings.TrimSpace(line) == key {
			return true
		}
	}
	return false
}

// reuseVerdict takes the validation for done.
func (s *state) reuseVerdict() {
	s.validation = ValidationPassed
	s.say(stepValidateBoot, "layers: this very disk has passed these validators before, so they are not run again")
	done := func(id, title string) {
		s.emit(events.Event{Step: id, State: &events.State{Phase: events.Done, Title: title, Reused: true}})
	}
	done(stepValidateBoot, titles[stepValidateBoot])
	for _, st := range s.Plan.Validation.Steps {
		done(st.ID, st.Title())
	}
	done(stepValidateShutdown, titles[stepValidateShutdown])
}

// noteVerdict keeps that the finished disk has passed its validation. If it cannot, the next run validates it again.
func (s *state) noteVerdict(ctx context.Context) {
	if s.layering == nil || sourceOnly(s.Plan) || s.validation != ValidationPassed {
		return
	}
	var final layers.Layer
	switch {
	case s.finished():
		final = s.layering.chain.Top()
	case s.layering.final != nil:
		var err error
		if final, err = s.layering.final.Published(ctx); err != nil {
			return
		}
	default:
		return
	}
	if err := addLine(filepath.Join(final.Dir, verdictFile), s.verdictKey(final)); err != nil {
		s.say("", "layers: "+err.Error())
	}
}

// addLine adds a line to a file that may not be there.
func addLine(path, line string) error {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".validated-*")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s%s\n", text, line)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
