package service

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/targettest"
	"github.com/ingot-build/ingot/translate/plan"
)

// fastService has a fake for each target on this machine.
func fastService(t *testing.T) (s *Service, vm, container *targettest.Fake) {
	t.Helper()
	root := t.TempDir()
	vm, container = &targettest.Fake{Builder: "ingot-qemu"}, &targettest.Fake{Builder: "ingot-nspawn"}
	s, err := New(t.Context(), Config{
		Dirs:   store.Dirs{State: root + "/state", Data: root + "/data", Cache: root + "/cache"},
		Target: vm, Fast: container, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, vm, container
}

func TestPlaces(t *testing.T) {
	s, vm, container := fastService(t)
	for _, tt := range []struct {
		on      string
		want    target.Target
		builder string
	}{
		{"", vm, "ingot-qemu"}, {OnLocal, vm, "ingot-qemu"}, {"fake", vm, "ingot-qemu"},
		{OnFast, container, "ingot-nspawn"}, {"nspawn", container, "ingot-nspawn"},
	} {
		r := BuildRequest{On: tt.on}
		at, err := s.site(t.Context(), r, nil, func(events.Event) {}, nil)
		if err != nil || at.Target != tt.want || at.Place == nil {
			t.Errorf("--on %q is %+v, %v", tt.on, at, err)
		}
		if got := s.builderOf(r); got != tt.builder {
			t.Errorf("--on %q is built with %s, want %s", tt.on, got, tt.builder)
		}
	}
	s.cfg.Fast = nil
	for _, on := range []string{OnFast, "moon"} {
		var host *HostError
		if _, err := s.site(t.Context(), BuildRequest{On: on}, nil, nil, nil); !errors.As(err, &host) || !strings.Contains(err.Error(), "build") {
			t.Errorf("--on %s: %v", on, err)
		}
	}
}

// A machine comes back where it was, if that can be had; a VM does for all.
func TestEnters(t *testing.T) {
	s, _, container := fastService(t)
	for _, tt := range []struct {
		name, was string
		lacks     []target.Problem
		want      string
	}{
		{"of a VM", OnLocal, nil, OnLocal},
		{"of an older Ingot", "", nil, OnLocal},
		{"of a container", OnFast, nil, OnFast},
		{"of a container, where none runs now", OnFast, []target.Problem{{What: "no room"}}, OnLocal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			container.Problems = tt.lacks
			at, err := json.Marshal(place{On: tt.was})
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.enters(t.Context(), Point{}, &build.Asked{Plan: &plan.Plan{OS: plan.Linux}, Site: at})
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}
