package pluginhost

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/uuid"

	"github.com/ingot-build/ingot/engine/events"
)

// Limits are how long a host waits for a plugin. A zero field has its default.
type Limits struct {
	Describe  time.Duration // for "describe"; 30 s
	Handshake time.Duration // from the start of the process to a connection that works; 1 min, as Packer does
	Answer    time.Duration // for questions that a plugin answers from memory: specifications, artifacts; 30 s
	Prepare   time.Duration // for reading a configuration, which may ask a cloud; 3 min
	Execute   time.Duration // for a data source's result; 15 min
	// Cancel is for what comes after the caller's context ended. A builder deletes then what it made, and some things
	// in a cloud take a quarter of an hour to go. 30 min.
	Cancel time.Duration
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Describe:  cmp.Or(l.Describe, 30*time.Second),
		Handshake: cmp.Or(l.Handshake, time.Minute),
		Answer:    cmp.Or(l.Answer, 30*time.Second),
		Prepare:   cmp.Or(l.Prepare, 3*time.Minute),
		Execute:   cmp.Or(l.Execute, 15*time.Minute),
		Cancel:    cmp.Or(l.Cancel, 30*time.Minute),
	}
}

// Line is a line that a plugin printed, masked and cut to a readable length.
type Line struct {
	Plugin    string // "azure"
	Component string // "builder arm"; "" for "describe"
	Text      string
}

// Options say how plugins are run. The zero Options are usable.
type Options struct {
	Limits Limits
	// Mask hides secrets in all that leaves a plugin's streams and in the errors it gives. A plugin's own filter does
	// not know what the host knows. Nil: nothing is known.
	Mask *events.Mask
	// Log is told what plugins print. It is called from several goroutines and must not wait. Nil: nobody is told.
	Log func(Line)
	// Environ is the environment of the plugins; nil: this process's, at the time a plugin starts. Plugins find their
	// credentials and proxies there, as under Packer.
	Environ func() []string
	// TempDir is where each process gets a folder for its socket and temporary files, which goes when it goes. "": the
	// system's, which is also used where this one's path is too long for a socket. It is made when it is not there.
	TempDir string
	// ForceGob speaks gob to every plugin, as PACKER_FORCE_GOB makes Packer do.
	ForceGob bool
}

// Host runs plugins. It is safe for concurrent use.
type Host struct {
	ctx  context.Context
	opts Options

	mu     sync.Mutex
	closed bool
	live   map[*process]struct{}
	record Record // nil: none yet
}

// New returns a host. When ctx ends, questions to plugins end; a component that runs goes by the context of its own
// call. The caller closes it, or every component that it used.
func New(ctx context.Context, opts Options) *Host {
	opts.Limits = opts.Limits.withDefaults()
	if opts.Mask == nil {
		opts.Mask = new(events.Mask)
	}
	if opts.Environ == nil {
		opts.Environ = os.Environ
	}
	h := &Host{ctx: ctx, opts: opts, live: map[*process]struct{}{}}
	h.sweep()
	return h
}

// errClosed is what a component says that is used after its host.
var errClosed = errors.New("the plugin host is closed")

// The kinds of what is noted.
const (
	KindProcess   = "process"   // by the name that its command line begins with, and those that it starts have in Mark
	KindDirectory = "directory" // by its path, in Options.TempDir
)

// Mark is the environment variable that has the name of a plugin's process, in it and in all that it starts.
const Mark = "INGOT_PROCESS"

// Record notes something that a host is about to make, or has, and gives the function that strikes the note once it is
// gone.
type Record func(kind, name string) (strike func() error, err error)

// Record has the processes that run now, and all that start from now on, noted. Without notes the kernel still kills a
// plugin whose host dies.
func (h *Host) Record(record Record) error {
	h.mu.Lock()
	h.record = record
	var list []*process
	for p := range h.live {
		list = append(list, p)
	}
	h.mu.Unlock()
	var errs []error
	for _, p := range list {
		errs = append(errs, p.note())
	}
	return errors.Join(errs...)
}

// Close ends every plugin process that still runs. It may be called more than once.
func (h *Host) Close() error {
	h.mu.Lock()
	h.closed = true
	var list []*process
	for p := range h.live {
		list = append(list, p)
	}
	h.mu.Unlock()

	errs := make([]error, len(list))
	var all sync.WaitGroup
	for i, p := range list {
		all.Go(func() { errs[i] = p.stop() })
	}
	all.Wait()
	return errors.Join(errs...)
}

// enter notes a process that is about to start. It refuses when the host is closed, so that none is started behind
// Close's back.
func (h *Host) enter(p *process) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed
	}
	h.live[p] = struct{}{}
	return nil
}

func (h *Host) leave(p *process) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.live, p)
}

// What the eight digits of a process stand after, in the names of its folder and of itself.
const (
	folderPrefix  = "plugin-"
	processPrefix = "ingot-plugin-"
)

// socketRoom is what a plugin adds to its temporary folder to name a socket: a slash, "packer-plugin", ten digits at
// most.
const socketRoom = len("/packer-plugin4294967295")

// maxSocketPath is the longest path of a socket: 107 bytes on Linux, 103 elsewhere.
const maxSocketPath = 103

// temp names the folder for the socket and the temporary files of a process. noted says that it is to be noted: the
// system's folder for such things is looked after by others.
func (h *Host) temp(id string) (path string, noted bool) {
	name := folderPrefix + id
	if dir := h.opts.TempDir; dir != "" && len(dir)+1+len(name)+socketRoom <= maxSocketPath {
		return filepath.Join(dir, name), true
	}
	return filepath.Join(os.TempDir(), name), false
}

// runUUID is what the SDK reads build.PackerRunUUID from; it must be there before a plugin starts.
const runUUID = "PACKER_RUN_UUID"

// newRunUUID is for hosts that nobody gave one; all their plugins get the same.
var newRunUUID = sync.OnceValue(uuid.TimeOrderedUUID)
