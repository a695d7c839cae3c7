package container

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// tryName is of the supervisor that only tries whether it could be one.
const tryName = "ingot-try"

// tryNamespace starts a supervisor in a user namespace that mounts what any has to, and ends.
func tryNamespace(ctx context.Context, mode Mode) error {
	dir, err := os.MkdirTemp("", tryName+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := newContainer(Spec{Name: fmt.Sprintf("%s-%d", tryName, os.Getpid()), Dir: dir}, Way{Mode: mode, FUSE: true})
	c.trial = true
	if err := c.launch(); err != nil {
		return fmt.Errorf("%w%s", err, saidIn(dir))
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		return c.Kill()
	}
	return c.Err()
}

// saidIn is what a supervisor said in its log.
func saidIn(dir string) string {
	if said := tailOf(dir + "/" + logFile); said != "" {
		return ": " + strings.ReplaceAll(said, "\n", "; ")
	}
	return ""
}

// try is run for a supervisor that is only tried.
func (s *supervisor) try(context.Context) error {
	if _, err := s.enterGroups(); err != nil {
		return err
	}
	if err := privateMounts(true); err != nil {
		return err
	}
	if err := privateRun(); err != nil {
		return err
	}
	for _, path := range userDevices {
		if err := useDevice(path); err != nil {
			return err
		}
	}
	return nil
}
