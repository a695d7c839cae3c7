package build

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/diskdiff"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/sameimage"
)

// Verified says how the image that was built in containers compares with that of the same build in VMs, which is the one that is validated
// and distributed.
type Verified struct {
	Same      bool                   `json:"same"`
	Files     int                    `json:"files"`                // that were held against each other
	Explained int                    `json:"explained"`            // differences that any two builds have
	Different int                    `json:"different"`            // others
	First     []sameimage.Difference `json:"first,omitempty"`      // of those, up to mostTold, the packages before all
	Packages  []string               `json:"packages,omitempty"`   // names of packages that differ, all of them
	Unread    string                 `json:"unreadable,omitempty"` // why the two could not be held against each other; the rest is zero then
	Reused    *Reused                `json:"reused,omitempty"`     // of earlier builds in VMs; nil: layers were not used
	Took      time.Duration          `json:"tookNs"`               // the build in the VM, and the comparison
}

// String is one line for people.
func (v *Verified) String() string {
	switch {
	case v.Unread != "":
		return "the image is the VM's; it could not be held against the container's: " + v.Unread
	case v.Same:
		return fmt.Sprintf("the VM made the same image: %d files were compared, and %d differences are those of any two builds",
			v.Files, v.Explained)
	}
	what := fmt.Sprintf("%d things", v.Different)
	if v.Different == 1 {
		what = "1 thing"
	}
	return fmt.Sprintf("the VM made another image: %s differ, beside %d that do between any two builds; the image is the VM's",
		what, v.Explained)
}

// mostTold is how many differences are in a result. The rest can be looked at with "ingot diff".
const mostTold = 20

// Step id and title of the verification, which goes on around the build VM's.
const stepVerify = "verify"

// verifyInVM builds the image once more, in VMs and from nothing that a container made, and makes that the run's.
func verifyInVM(ctx context.Context, s *state) error {
	if s.stopped != nil {
		return nil
	}
	if !slices.ContainsFunc(s.ran, func(one Stretch) bool { return one.container }) {
		s.say(stepVerify, "verify: nothing of the image was built in a container, so it is what the VM makes")
		s.emit(events.Event{Step: stepVerify, State: &events.State{Phase: events.Done, Title: stepVerify}})
		return nil
	}
	return s.during(ctx, stepVerify, "", func() error {
		start := time.Now()
		disk, err := s.holdImage(ctx)
		if err != nil {
			return fmt.Errorf("keep the container's image to hold the VM's against it: %w", err)
		}
		ran, reused := s.ran, s.reused
		s.verifying, s.Bench, s.layering.final = true, nil, nil
		s.use(s.Then)
		s.say(stepVerify, "verify: the image is built once more, in a VM")
		if err := s.another(ctx, 0, s.verifyStart()); err != nil {
			return err
		}
		if err := buildImage(ctx, s); err != nil {
			return err
		}
		v, err := s.compareImages(ctx, disk)
		if err != nil {
			return err
		}
		v.Reused, v.Took = s.reused, time.Since(start)
		s.verified, s.ran, s.reused = v, ran, reused
		s.say(stepVerify, "verify: "+v.String())
		for _, d := range v.First {
			s.say(stepVerify, "  "+d.String())
		}
		return nil
	})
}

// verifyStart is where the build in the VM may start: at the end, if VMs have made all of it before.
func (s *state) verifyStart() start {
	at := start{most: len(s.Plan.Steps), own: s.Layers.Fresh}
	if i := stepAt(s.Plan, s.Layers.Again); i >= 0 {
		at.most = min(at.most, i)
	}
	return at
}

// holdImage keeps the finished disk of the container for as long as the run lasts, and gives its path: a layer's, which nothing removes
// with the machine.
func (s *state) holdImage(ctx context.Context) (string, error) {
	l := s.layering
	if s.finished() {
		return s.built.Path, nil
	}
	if l.final != nil {
		if _, err := l.final.Published(ctx); err == nil {
			return filepath.Join(l.final.Dir, layers.DiskFile), nil
		}
	}
	m := s.making(len(s.Plan.Steps))
	m.Alone = true
	draft, err := s.LayerStore.Begin(ctx, m)
	if err != nil {
		return "", err
	}
	s.taken(draft)
	s.alone = append(s.alone, draft.ID)
	disk := filepath.Join(draft.Dir, layers.DiskFile)
	if err := linkOrCopy(ctx, s.built.Path, disk); err != nil {
		return "", err
	}
	_, err = draft.Publish(ctx, nil, nil)
	return disk, err
}

// compareImages holds the container's disk against the VM's. Disks that cannot be read are no failure: the image is the VM's.
func (s *state) compareImages(ctx context.Context, disk string) (*Verified, error) {
	s.settleLayers()
	r, err := sameimage.Compare(ctx, disk, s.built.Path)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		v := &Verified{Unread: err.Error()}
		if unread, ok := errors.AsType[*diskdiff.UnreadableError](err); ok {
			v.Unread = join(": ", v.Unread, unread.Reason)
		}
		return v, nil
	}
	v := &Verified{Same: r.Same(), Files: r.Files, Explained: len(r.Explained), Different: len(r.Other)}
	others := slices.Clone(r.Other)
	isPackage := func(d sameimage.Difference) (string, bool) { return strings.CutPrefix(d.Path, "package ") }
	for _, d := range others {
		if name, ok := isPackage(d); ok {
			v.Packages = append(v.Packages, name)
		}
	}
	slices.SortStableFunc(others, func(a, b sameimage.Difference) int {
		_, first := isPackage(a)
		_, second := isPackage(b)
		switch {
		case first == second:
			return 0
		case first:
			return -1
		}
		return 1
	})
	v.First = others[:min(len(others), mostTold)]
	return v, nil
}

// checkVerify refuses a verification that cannot be: what it needs is not here.
func (s *state) checkVerify(ctx context.Context) error {
	if !s.VerifyInVM {
		return nil
	}
	if s.Then == nil {
		return &HostError{What: "there is no VM to verify the image in", Why: "this build has no other place than its own",
			Fix: "leave --verify-in-vm out"}
	}
	if s.LayerStore == nil {
		return &HostError{What: "the image cannot be verified in a VM",
			Why: "there is no folder of layers, where the container's is kept meanwhile"}
	}
	var errs []error
	for _, p := range s.Then.Check(ctx, s.Plan) {
		errs = append(errs, &HostError{What: p.What, Why: p.Why, Fix: join("; ", p.Fix, "or leave --verify-in-vm out")})
	}
	return errors.Join(errs...)
}
