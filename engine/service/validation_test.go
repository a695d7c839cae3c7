package service

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/events"
)

// TestValidationLog shares the events of a run out between the two logs.
func TestValidationLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "validation.log")
	log := &validationLog{path: path, sink: func(w io.Writer) events.Sink { return events.CustomizationLog(w, "0badcafe", "ingot-qemu") }}
	var custom strings.Builder
	sink := events.Tee(outsideValidation(events.CustomizationLog(&custom, "0badcafe", "ingot-qemu")), log.take)

	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	state := func(step string, phase events.Phase) {
		sink(events.Event{Time: at, Step: step, State: &events.State{Phase: phase, Title: step}})
	}
	say := func(step, text string) {
		sink(events.Event{Time: at, Step: step, Output: &events.Output{Stream: events.Stdout, Text: text}})
	}
	state("", events.Running)
	state("validate boot", events.Pending)
	say("customize[0]", "building")
	if log.written() != "" {
		t.Error("there is a log of a validation that did not begin")
	}
	state("validate boot", events.Running)
	say("validate[0]", "looking")
	say("write disk", "writing")
	state("", events.Failed)
	if err := log.close(); err != nil || log.written() != path {
		t.Errorf("%q, %v", log.written(), err)
	}

	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const prefix = "[0badcafe] PACKER 2026/01/02 03:04:05 "
	end := prefix + "ui error: Build 'ingot-qemu' errored after 0s.\n" + prefix + "[INFO] (telemetry) Finalizing.\n" +
		prefix + "Done exporting Packer logs to this file.\n"
	want := prefix + "ui: ==> ingot-qemu: validate boot\n" + prefix + "ui:     ingot-qemu: looking\n" + end
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("validation.log (-want +got):\n%s", diff)
	}
	want = prefix + "ui:     ingot-qemu: building\n" + prefix + "ui:     ingot-qemu: writing\n" + end
	if diff := cmp.Diff(want, custom.String()); diff != "" {
		t.Errorf("customization.log (-want +got):\n%s", diff)
	}
}

// TestValidationLogThatCannotBeMade: it is said, and no event gets lost elsewhere.
func TestValidationLogThatCannotBeMade(t *testing.T) {
	log := &validationLog{path: filepath.Join(t.TempDir(), "gone", "validation.log")}
	for range 2 {
		log.take(events.Event{Step: "validate boot", State: &events.State{Phase: events.Running}})
	}
	if err := log.close(); err == nil || !strings.Contains(err.Error(), "open the validation's log") || log.written() != "" {
		t.Errorf("%q, %v", log.written(), err)
	}
}
