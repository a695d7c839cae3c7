package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// End is a step's last line: it hands err to whoever runs the steps.
func End(state multistep.StateBag, err error) multistep.StepAction {
	if err != nil {
		state.Put("error", err)
		return multistep.ActionHalt
	}
	return multistep.ActionContinue
}

// Failure is why the steps did not reach their end, or nil. The cause of a cancellation comes first: what a step says
// after the ground was taken from under it is a mere consequence.
func Failure(ctx context.Context, state multistep.StateBag) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err, ok := state.Get("error").(error); ok {
		return err
	}
	return nil
}

// Remove deletes files of a build in its folder, and says which could not be.
func Remove(ui packersdk.Ui, dir string, names ...string) {
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			ui.Error(fmt.Sprintf("left behind: %v", err))
		}
	}
}

// MakeFolder makes the folder of a build (0700), or takes an existing one that holds no disk yet, and gives its absolute path. made says
// that it was not there before. With force a disk is no hindrance.
func MakeFolder(output string, force bool) (dir string, made bool, err error) {
	if dir, err = filepath.Abs(output); err != nil {
		return "", false, fmt.Errorf("output_directory: %w", err)
	}
	_, err = os.Stat(dir)
	made = errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", false, fmt.Errorf("output_directory: %w", err)
	}
	// Another build may be writing to it.
	if IsFile(filepath.Join(dir, DiskFile)) && !force {
		return "", false, fmt.Errorf("output_directory %s is in use: it holds %s already"+
			"\n  fix:  choose another folder, or remove that disk", dir, DiskFile)
	}
	return dir, made, nil
}
