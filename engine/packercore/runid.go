package packercore

import (
	"os"
	"sync"

	"github.com/hashicorp/packer-plugin-sdk/uuid"
)

// runUUID is the environment variable that the SDK reads build.PackerRunUUID from, in the builder's StepProvision.
const runUUID = "PACKER_RUN_UUID"

// setRunUUID puts a fresh id into the environment, once in the life of this process, as Packer's main does: the SDK has no other
// way to be told, and the environment is shared by all builds of a process, so a second value would change under the first one.
// An id that is set already stays: whoever started Ingot wants it.
var setRunUUID = sync.OnceFunc(func() {
	if os.Getenv(runUUID) == "" {
		os.Setenv(runUUID, uuid.TimeOrderedUUID())
	}
})
