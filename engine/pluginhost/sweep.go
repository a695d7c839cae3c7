package pluginhost

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// sweepAge is how old a folder must be before it is taken for one that nobody looks after: its process may be about to
// start.
const sweepAge = 10 * time.Minute

// sweep removes the folders of processes that are gone, whose host was killed before anybody took notes. It is no error
// if it cannot: another one may.
func (h *Host) sweep() {
	if h.opts.TempDir == "" {
		return
	}
	entries, err := os.ReadDir(h.opts.TempDir)
	if err != nil || len(entries) == 0 {
		return
	}
	alive := running()
	for _, e := range entries {
		id, ok := strings.CutPrefix(e.Name(), folderPrefix)
		info, err := e.Info()
		if !ok || err != nil || !e.IsDir() || time.Since(info.ModTime()) < sweepAge || alive[processPrefix+id] {
			continue
		}
		_ = os.RemoveAll(filepath.Join(h.opts.TempDir, e.Name()))
	}
}

// running gives the program names of all processes, as their command lines have them.
func running() map[string]bool {
	names := map[string]bool{}
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil {
			continue // it ended
		}
		name, _, _ := bytes.Cut(line, []byte{0})
		names[string(name)] = true
	}
	return names
}
