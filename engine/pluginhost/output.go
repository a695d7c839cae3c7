package pluginhost

import (
	"bytes"
	"strings"
	"sync"
)

const (
	// lineRead is how much of a line is kept to be masked, and lineShown how much of that is passed on. A secret that
	// begins in the part shown lies whole in the part kept, so cutting a line cannot uncover one.
	lineRead, lineShown = 8 << 10, 2 << 10
	// outputShown bounds what is passed on of one process: a plugin that prints gigabytes is read, and not kept.
	outputShown = 4 << 20
	tailLines   = 12
)

// output takes what a process prints: it passes lines on, remembers the last ones, and drops what is too much. It never
// waits, so a plugin cannot be stopped by its own noise. It is safe for concurrent use.
type output struct {
	mask func(string) string
	emit func(string) // nil: nobody is told

	mu      sync.Mutex
	line    []byte
	shown   int      // bytes passed on
	tail    []string // the last lines, masked
	crashed string   // the first line that tells of a crash of a Go program, which is followed by pages of stacks
}

// Write implements io.Writer. It never fails.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for rest := p; len(rest) > 0; {
		part, after, ended := bytes.Cut(rest, []byte("\n"))
		if room := lineRead - len(o.line); room > 0 {
			o.line = append(o.line, part[:min(room, len(part))]...)
		}
		if rest = after; ended {
			o.flush()
		}
	}
	return len(p), nil
}

// flush passes the line on.
func (o *output) flush() {
	text := strings.TrimRight(strings.ToValidUTF8(string(o.line), "�"), " \t\r")
	o.line = o.line[:0]
	text = o.mask(text)
	if len(text) > lineShown {
		text = strings.ToValidUTF8(text[:lineShown], "") + " …"
	}
	if text == "" {
		return
	}
	if o.crashed == "" && (strings.HasPrefix(text, "panic: ") || strings.HasPrefix(text, "fatal error: ")) {
		o.crashed = text
	}
	if o.tail = append(o.tail, text); len(o.tail) > tailLines {
		o.tail = o.tail[1:]
	}
	if o.emit == nil || o.shown > outputShown {
		return
	}
	if o.shown += len(text); o.shown > outputShown {
		text = "(more than 4 MiB of output: the rest is dropped)"
	}
	o.emit(text)
}

// last gives what best explains an end: the line of a crash, or the last few lines. Mask again, since secrets may have
// become known after the lines were printed.
func (o *output) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.line) > 0 {
		o.flush()
	}
	if o.crashed != "" {
		return o.mask(o.crashed)
	}
	if len(o.tail) == 0 {
		return ""
	}
	return o.mask("it last printed: " + strings.Join(o.tail[max(0, len(o.tail)-3):], "\n"))
}
