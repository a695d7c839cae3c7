package container

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// tryName is of the supervisor that only tries whether it could be one.
const tryName = "ingot-try"

// trial is what a supervisor is told that is no container's.
type trial struct {
	Remove string `json:"remove,omitempty"` // a cgroup that a guest of this user left; "": it only tries whether it could be a supervisor
}

// removeLeft removes what a guest left in a cgroup of this user, which belongs to users of the guest.
func removeLeft(folder string) error {
	dir, err := os.MkdirTemp("", tryName+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return newTrial(dir, Rootless, folder).wholly(context.Background())
}

// tryNamespace starts a supervisor in a user namespace that mounts what any has to, and ends.
func tryNamespace(ctx context.Context, mode Mode) error {
	dir, err := os.MkdirTemp("", tryName+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return newTrial(dir, mode, "").wholly(ctx)
}

// newTrial is of a supervisor that ends when it has what it needs, and has removed a cgroup, if one is named.
func newTrial(dir string, mode Mode, remove string) *Container {
	c := newContainer(Spec{Name: fmt.Sprintf("%s-%d", tryName, os.Getpid()), Dir: dir}, Way{Mode: mode, FUSE: true})
	c.trial = &trial{Remove: remove}
	return c
}

// wholly runs it to its end.
func (c *Container) wholly(ctx context.Context) error {
	if err := c.launch(); err != nil {
		return fmt.Errorf("%w%s", err, saidIn(c.spec.Dir))
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
	if path := s.inner.Try.Remove; path != "" {
		return removeGroup(path)
	}
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
