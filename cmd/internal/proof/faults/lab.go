package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/proof/rig"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/azurite"
	"github.com/ingot-build/ingot/internal/testtools"
)

// lab makes rigs: one for each build, so that no fault meets another.
type lab struct {
	ingot   string
	plugins string // folder
	azurite string // program; "" where there is none, and no VHD is made

	mu     sync.Mutex
	server *azurite.Server
	used   int // rigs that had the server
}

// newLab looks for what is needed. note is what cannot be tried, and why; "" is nothing.
func newLab(ingot string) (l *lab, note string, err error) {
	plugin, err := testtools.FindAzurePlugin()
	if err != nil {
		return nil, "", err
	}
	l = &lab{ingot: ingot}
	if l.plugins, err = os.MkdirTemp("", "ingot-faults-plugins-"); err != nil {
		return nil, "", err
	}
	if err := plugin.Install(l.plugins); err != nil {
		return nil, "", err
	}
	if l.azurite, err = testtools.FindAzurite(); err != nil {
		note = "no VHD is made: " + strings.ReplaceAll(err.Error(), "\n", ";")
	}
	return l, note, nil
}

func (l *lab) close() {
	if l.server != nil {
		_ = l.server.Close()
	}
	_ = os.RemoveAll(l.plugins)
}

// blobs is a blob service. One serves many rigs, and then another one does: it keeps all in memory.
func (l *lab) blobs() (*azuresim.Blobs, error) {
	if l.azurite == "" {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server == nil {
		server, err := azurite.Start(context.Background(), l.azurite, l.plugins)
		if err != nil {
			return nil, err
		}
		l.server = server
	}
	l.used++
	return l.server.Blobs(), nil
}

// rig makes one.
func (l *lab) rig(ctx context.Context, lifetime time.Duration) (*rig.Rig, error) {
	blobs, err := l.blobs()
	if err != nil {
		return nil, err
	}
	return rig.New(ctx, rig.Options{
		Ingot: l.ingot, Plugins: l.plugins, VHD: blobs != nil,
		Sim: azuresim.Options{Blobs: blobs, TokenLifetime: lifetime, DeleteWait: 2 * time.Second},
	})
}

// The command lines that are under proof.
func buildArgs(r *rig.Rig, limit time.Duration) []string {
	args := []string{"build", "--on", "azure", "--output", "json", r.Template()}
	if limit > 0 {
		args = append(args, "--timeout", limit.String())
	}
	return args
}

var cleanArgs = []string{"clean", "--on", "azure", "--yes", "--output", "json"}

// patience is how long a program may take before it is killed: it has hung then.
const patience = 3 * time.Minute

// build builds.
func (l *lab) build(ctx context.Context, r *rig.Rig, limit time.Duration) (rig.Outcome, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("it hung: killed after %s", patience))
	defer cancel()
	return r.Run(ctx, buildArgs(r, limit)...)
}

// clean runs ingot clean, and gives what is wrong afterwards. The outputs that are wanted have to be there, those that are optional
// may be.
func (l *lab) clean(ctx context.Context, r *rig.Rig, wanted, optional []string) ([]string, error) {
	r.Sim.SetFaults()
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("ingot clean hung: killed after %s", patience))
	defer cancel()
	out, err := r.Run(ctx, cleanArgs...)
	if err != nil {
		return nil, err
	}
	wrong := r.Left(wanted, optional)
	if out.Code != 0 {
		wrong = append(wrong, fmt.Sprintf("ingot clean ended with %d: %s", out.Code, out.Explanation()))
	}
	return wrong, nil
}
