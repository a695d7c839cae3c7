package machine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
)

// StepFolder makes the output directory of a build, or takes an existing one that holds no disk yet.
type StepFolder struct {
	Output string  // as configured
	Force  bool    // a disk in it is no hindrance
	Source *string // path of the base disk; made absolute
	// Found is told the folder's absolute path.
	Found    func(dir string)
	Finished func() bool // the build left something in it

	dir  string
	made bool
}

// Run implements multistep.Step.
func (s *StepFolder) Run(_ context.Context, state multistep.StateBag) multistep.StepAction {
	return End(state, s.make())
}

func (s *StepFolder) make() (err error) {
	if *s.Source, err = filepath.Abs(*s.Source); err != nil {
		return fmt.Errorf("source_disk: %w", err)
	}
	if s.dir, s.made, err = MakeFolder(s.Output, s.Force); err != nil {
		return err
	}
	s.Found(s.dir)
	return nil
}

// Cleanup implements multistep.Step.
func (s *StepFolder) Cleanup(multistep.StateBag) {
	if s.made && !s.Finished() {
		_ = os.Remove(s.dir) // stays if a log is in it
	}
}
