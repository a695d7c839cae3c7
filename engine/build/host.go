package build

import (
	"fmt"

	"github.com/ingot-build/ingot/engine/diskspace"
)

// minFreeMiB is the least free space a run starts with. A Debian build writes about 1 GiB of overlay and VHD; below twice that it
// would die half way.
const minFreeMiB = 2048

// freeSpace reports a problem when the file system of dir has too little room for a build.
func freeSpace(dir string) *HostError {
	room, err := diskspace.Of(dir)
	free := room.Free >> 20
	if err != nil || free >= minFreeMiB { // the run will say what is the matter with a folder that cannot be looked at
		return nil
	}
	return &HostError{
		What: fmt.Sprintf("only %d MiB are free under %s", free, room.Dir),
		Why:  fmt.Sprintf("a build needs at least %d MiB for its disk and what comes out", minFreeMiB),
		Fix:  "free some room (ingot clean, ingot gallery rm, ingot image rm), or point XDG_STATE_HOME and XDG_DATA_HOME elsewhere",
	}
}
