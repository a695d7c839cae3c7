package service

import (
	"fmt"
	"io"
	"os"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
)

// outsideValidation leaves out what belongs into validation.log.
func outsideValidation(next events.Sink) events.Sink {
	return func(e events.Event) {
		if !build.OfValidation(e.Step) {
			next(e)
		}
	}
}

// validationLog writes what happens on the validation VM into a log of its own, and how the run ended. The file is made when the
// validation begins: as with the service, a run that ends before has none.
type validationLog struct {
	path string
	sink func(io.Writer) events.Sink

	file *os.File
	next events.Sink
	err  error
}

// take is a sink.
func (l *validationLog) take(e events.Event) {
	if e.State != nil && e.State.Phase == events.Pending || l.err != nil {
		return
	}
	if l.file == nil {
		if !build.OfValidation(e.Step) {
			return
		}
		if l.file, l.err = os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); l.err != nil {
			l.file = nil
			return
		}
		l.next = l.sink(l.file)
	}
	if e.Step == "" || build.OfValidation(e.Step) {
		l.next(e)
	}
}

// written is the path of the log, or "" if there is none.
func (l *validationLog) written() string {
	if l.file == nil {
		return ""
	}
	return l.path
}

func (l *validationLog) close() error {
	if l.err != nil {
		return fmt.Errorf("open the validation's log: %w", l.err)
	}
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
