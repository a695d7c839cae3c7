package service

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/store"
)

// TestFinish is the state that a run ends in, by what it ends with.
func TestFinish(t *testing.T) {
	root := t.TempDir()
	st, err := store.Open(t.Context(), store.Dirs{State: root + "/state", Data: root + "/data", Cache: root + "/cache"})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s := &Service{cfg: Config{Now: time.Now}, store: st}
	failed := func(cause error) error {
		return &build.RunError{Problem: events.Problem{What: "it failed"}, Err: cause}
	}
	invalid := &build.ValidationError{Err: errors.New("exit status 3")}
	some := &distribute.PartialError{Total: 2}
	for _, tt := range []struct {
		name    string
		err     error
		want    store.RunState
		message string
	}{
		{"all went well", nil, store.Succeeded, ""},
		{"a customizer failed", failed(errors.New("exit status 1")), store.Failed, "it failed"},
		{"some distributors failed", failed(some), store.PartiallySucceeded, "it failed"},
		{"all distributors failed", failed(&distribute.Error{Total: 2}), store.Failed, "it failed"},
		{"the image is not valid", failed(invalid), store.Failed, "it failed"},
		{"the image is not valid, and some distributors failed", failed(errors.Join(invalid, some)), store.Failed, "it failed"},
		{"cancelled", context.Canceled, store.Canceled, "cancelled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			active, err := st.Start(t.Context(), store.Run{Name: "web"})
			if err != nil {
				t.Fatal(err)
			}
			defer active.Close()
			var res Result
			if err := s.finish(t.Context(), active, &res, time.Now(), tt.err, func(events.Event) {}); err != nil {
				t.Fatal(err)
			}
			if res.Run.State != tt.want || res.Run.Message != tt.message {
				t.Errorf("%s, %q; want %s, %q", res.Run.State, res.Run.Message, tt.want, tt.message)
			}
		})
	}
}
