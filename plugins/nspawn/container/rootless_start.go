package container

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"os/user"
	"syscall"
	"time"
)

// stagePatience bounds how long a supervisor takes for a stage of its start; milliseconds.
const stagePatience = 20 * time.Second

// apart is a supervisor in a user namespace of its own, as who starts it sees it.
type apart struct {
	maps  idMaps
	place *place // nil: this process is root, and makes cgroups as for any container
	inner inner
}

// newApart finds the ids for one.
func newApart(name string, mode Mode, o *owner) (*apart, error) {
	a := &apart{inner: inner{User: true, Owner: &owner{ownerID, ownerID}}}
	if mode == Root {
		if o == nil {
			o = &owner{}
		}
		a.maps = rootMaps(name, *o)
		return a, nil
	}
	u, err := user.Current()
	if err != nil {
		return nil, err
	}
	if a.maps, err = userMaps(u); err != nil {
		return nil, err
	}
	a.place, err = findPlace()
	return a, err
}

// enclose has cmd start in a user namespace, as one that waits to be admitted.
func (a *apart) enclose(cmd *exec.Cmd) {
	cmd.Args = append(cmd.Args, firstStage)
	cmd.Dir = "" // it may be a folder that only root of the namespace may enter
	cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
	cmd.SysProcAttr.AmbientCaps = stageCapabilities
}

// admit gives the process that enclose made its ids and its cgroups. From then on it is a supervisor like any other.
func (a *apart) admit(s Spec, pid int, l *link, note func(string, ...any)) error {
	if err := a.maps.set(pid); err != nil {
		return err
	}
	if a.place != nil {
		if err := a.place.enter(s.Name, pid); err != nil { // while it is this user's process still
			return err
		}
	}
	for range 2 {
		if err := step(l); err != nil {
			return err
		}
	}
	var err error
	if a.place != nil {
		a.inner.Two, err = a.place.make(s, pid, note)
		return err
	}
	g, err := makeGroups(s, note)
	if err != nil {
		return err
	}
	a.inner.Two = g.two.Name()
	err = g.two.Close()
	for _, tasks := range g.one {
		a.inner.One = append(a.inner.One, tasks.Name())
		err = errors.Join(err, tasks.Close())
	}
	return err
}

// step has the first stage go on, and waits until it did.
func step(l *link) error {
	if err := l.conn.SetDeadline(time.Now().Add(stagePatience)); err != nil {
		return err
	}
	mark := []byte{1}
	_, err := l.conn.Write(mark)
	if err == nil {
		_, err = io.ReadFull(l.conn, mark)
	}
	if err != nil {
		return fmt.Errorf("start a supervisor in a user namespace: %w", err)
	}
	return l.conn.SetDeadline(time.Time{})
}
