package build

import (
	"fmt"
	"path/filepath"
	"syscall"
)

// minFreeMiB is the least free space a run starts with. A Debian build writes about 1 GiB of overlay and VHD; below twice that it
// would die half way.
const minFreeMiB = 2048

// freeSpace reports a problem when the file system of dir has too little room for a build. A folder that does not exist yet is
// judged by the nearest one above it.
func freeSpace(dir string) *HostError {
	var st syscall.Statfs_t
	for syscall.Statfs(dir, &st) != nil {
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
	free := int64(st.Bavail) * st.Bsize >> 20
	if free >= minFreeMiB {
		return nil
	}
	return &HostError{
		What: fmt.Sprintf("only %d MiB are free under %s", free, dir),
		Why:  fmt.Sprintf("a build needs at least %d MiB for its disk and what comes out", minFreeMiB),
		Fix:  "free some room (ingot clean, ingot gallery rm, ingot image rm), or point XDG_STATE_HOME and XDG_DATA_HOME elsewhere",
	}
}
