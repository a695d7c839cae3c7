package events

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSerialNumbersManyCallers(t *testing.T) {
	const callers, each = 8, 50
	var got []Event // no lock: Serial calls one at a time, the race detector watches
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.FixedZone("CET", 3600))
	sink := Serial("3f2a9c1e", func(e Event) { got = append(got, e) }, func() time.Time { return noon })
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range each {
				sink(Event{Seq: 99, Run: "other", Output: &Output{Stream: Say}})
			}
		})
	}
	wg.Wait()
	if len(got) != callers*each {
		t.Fatalf("%d events, want %d", len(got), callers*each)
	}
	for i, e := range got {
		if e.Seq != int64(i+1) || e.Run != "3f2a9c1e" || e.Time != noon.UTC() {
			t.Fatalf("event %d is %+v", i, e)
		}
	}
}

func TestTeeKeepsTheOrder(t *testing.T) {
	var got []string
	note := func(name string) Sink {
		return func(e Event) { got = append(got, fmt.Sprint(name, e.Seq)) }
	}
	sink := Tee(note("a"), note("b"))
	sink(Event{Seq: 1})
	sink(Event{Seq: 2})
	Tee()(Event{}) // to nobody
	if diff := cmp.Diff([]string{"a1", "b1", "a2", "b2"}, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// one of everything, every text field filled with the given text.
func filled(text string) Event {
	return Event{
		Step:     "boot",
		State:    &State{Title: text, Detail: text},
		Output:   &Output{Text: text},
		Progress: &Progress{What: text},
		Problem: &Problem{What: text, Where: text, Why: text, Fix: text, Findings: []Finding{
			{What: text, Why: text, Fix: text, Lines: []string{text, text}},
		}},
		RunOutput: &RunOutput{Name: text, ArtifactID: text, ArtifactURI: text, Path: text},
		Mark:      &Mark{Command: text, Kind: "modules", Why: text, At: text, Fix: "--on auto"},
	}
}

func TestMaskCoversEveryText(t *testing.T) {
	var mask Mask
	mask.Add("hunter2")
	given := filled("password is hunter2, twice hunter2")
	var got Event
	mask.Sink(func(e Event) { got = e })(given)
	if diff := cmp.Diff(filled("password is ***, twice ***"), got); diff != "" {
		t.Errorf("masked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(filled("password is hunter2, twice hunter2"), given); diff != "" {
		t.Errorf("the event given was changed (-want +got):\n%s", diff)
	}
	text, err := json.Marshal(got)
	if err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("as JSON: %s, %v", text, err)
	}
}

func TestMaskText(t *testing.T) {
	for _, tt := range []struct {
		name       string
		secrets    []Secret
		text, want string
	}{
		{"none", nil, "abcd", "abcd"},
		{"one inside another", []Secret{"pass", "password1"}, "password1 pass", "*** ***"},
		{"the shorter one known later", []Secret{"password1", "pass"}, "password1 pass", "*** ***"},
		{"too short to hide", []Secret{"abc", ""}, "abc", "abc"},
		{"twice known", []Secret{"hunter2", "hunter2"}, "hunter2", "***"},
		{"beside each other", []Secret{"abcd"}, "abcdabcd", "******"},
		{"with line breaks", []Secret{"-----KEY\nAAAA\n"}, "x -----KEY\nAAAA\n y", "x *** y"},
		{"a line of one with several", []Secret{"-----KEY\nAAAABBBB\nxyz\n"}, "the guest says AAAABBBB", "the guest says ***"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var mask Mask
			for _, s := range tt.secrets {
				mask.Add(s)
			}
			if got := mask.Text(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	s := Secret("hunter2")
	wrapped := struct{ Password Secret }{s}
	asJSON, err := json.Marshal(map[string]any{"a": s, "b": wrapped, "c": &s})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		s.String(), fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %q", wrapped, wrapped, wrapped, s), string(asJSON),
	} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("shown: %s", text)
		}
	}
	if s.Reveal() != "hunter2" {
		t.Errorf("revealed %q", s.Reveal())
	}
}

func TestEventsSurviveJSON(t *testing.T) {
	e := filled("x")
	e.Seq, e.Time, e.Run = 7, time.Date(2026, 11, 21, 12, 0, 0, 5, time.UTC), "3f2a9c1e"
	e.State.Phase, e.State.Elapsed, e.State.Provisioner = Done, time.Second, "shell"
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var got Event
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
