package build

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/resolve"
)

// stagedFile lists, in the run's folder, what the run was made of: each script and file, where it came from, and its SHA-256.
const stagedFile = "staged.json"

// resolver gives the options with which this run's wants are made exact. What resolve says goes into the run's stream.
func (s *state) resolver() resolve.Options {
	for _, secret := range resolve.Secrets(s.Plan) {
		s.mask.Add(secret)
	}
	opts := s.Resolver
	opts.Policy = s.Staging
	opts.TemplateDir = s.TemplateDir
	opts.Progress = func(p events.Progress) { s.emit(events.Event{Step: stepResolve, Progress: &p}) }
	opts.Say = func(line string) {
		s.emit(events.Event{Step: stepResolve, Output: &events.Output{Stream: events.Say, Text: line}})
	}
	opts.Staged = func(one resolve.Staged) { s.files = append(s.files, one) }
	return opts
}

// writeStaged keeps the list. The bytes themselves are beside the Packer template: a later change of a remote script changes no run.
func (s *state) writeStaged() error {
	text, err := json.MarshalIndent(s.files, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", stagedFile, err)
	}
	return os.WriteFile(filepath.Join(s.active.Run().Dir, stagedFile), append(text, '\n'), 0o600)
}

// sumUpOverrides says at the end of a run that the image has files in it that are not those of its URLs.
func (s *state) sumUpOverrides() {
	for _, f := range s.files {
		if f.From == resolve.FromOverride {
			text := fmt.Sprintf("overridden: %s was %s in place of %s", f.Path, f.File, f.URI)
			s.emit(events.Event{Output: &events.Output{Stream: events.Say, Text: text}})
		}
	}
}
