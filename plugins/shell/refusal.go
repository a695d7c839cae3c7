package shell

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// refusalPatience is how long a guest may go on refusing a file. Packer's provisioner tries again for five minutes, without a word,
// whatever the reason; a guest that is still starting needs less, and a full disk does not become empty.
const refusalPatience = 10 * time.Second

// refusals are what a guest says that is reached and cannot take a file.
var refusals = []string{
	"No space left on device", "Disk quota exceeded", "Read-only file system", "Permission denied", "No such file or directory",
	"Is a directory", "Not a directory", "File too large",
	"exited with status", // SSH's way of copying, without a reason
}

// copier is the guest's communicator for one run of the provisioner. It calls giveUp once a guest has refused a file for long enough.
type copier struct {
	packersdk.Communicator
	giveUp func()

	mu    sync.Mutex
	since time.Time // of the first refusal after the last file that was taken; zero: there is none
}

// Upload implements packersdk.Communicator.
func (c *copier) Upload(dst string, src io.Reader, info *os.FileInfo) error {
	err := c.Communicator.Upload(dst, src, info)
	c.mu.Lock()
	defer c.mu.Unlock()
	refused := err != nil && slices.ContainsFunc(refusals, func(why string) bool { return strings.Contains(err.Error(), why) })
	switch {
	case !refused:
		c.since = time.Time{}
	case c.since.IsZero():
		c.since = time.Now()
	case time.Since(c.since) >= refusalPatience:
		c.giveUp()
	}
	return err
}

// Provision runs the scripts.
func (p *provisioner) Provision(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator, data map[string]any) error {
	// The retries end with their context, and then give the last error.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return p.Provisioner.Provision(ctx, ui, &copier{Communicator: comm, giveUp: cancel}, data)
}
