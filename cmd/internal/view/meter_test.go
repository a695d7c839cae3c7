package view

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/events"
)

// TestRegionsSideBySide: the regions of an image version are counted apart.
func TestRegionsSideBySide(t *testing.T) {
	var log bytes.Buffer
	v := &Plain{Out: &log, Log: &log}
	step := &step{}
	for _, p := range []events.Progress{
		{What: "replicate version 1.0.0 to westeurope", Done: 60, Total: 100, Unit: "percent"},
		{What: "replicate version 1.0.0 to northeurope", Done: 10, Total: 100, Unit: "percent"},
		{What: "replicate version 1.0.0 to westeurope", Done: 100, Total: 100, Unit: "percent"},
		{What: "replicate version 1.0.0 to northeurope", Done: 30, Total: 100, Unit: "percent"},
	} {
		v.Event(events.Event{Step: "distribute[0]", Progress: &p})
		step.applyProgress(v.start, p)
	}
	var got []string
	for line := range strings.Lines(log.String()) {
		_, said, _ := strings.Cut(strings.TrimSpace(line), "distribute[0]: ")
		got = append(got, said)
	}
	want := "replicate version 1.0.0 to westeurope: 50%, replicate version 1.0.0 to westeurope: 100%, replicate version 1.0.0 to northeurope: 25%"
	if strings.Join(got, ", ") != want {
		t.Errorf("the log is %q, want %q", got, want)
	}
	if busy := step.busy(); len(busy) != 1 || busy[0].Done != 30 {
		t.Errorf("the live view shows %+v", busy)
	}
	if line := meterLine(Palette{}, step.busy()[0], 80); !strings.Contains(line, "30%  replicate version 1.0.0 to northeurope") {
		t.Errorf("its line is %q", line)
	}
}
