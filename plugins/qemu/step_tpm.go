package qemu

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"

	"github.com/ingot-build/ingot/plugins/machine"
)

const (
	tpmFolder   = "tpm"            // holds what the TPM keeps when the power is off: keys of one machine
	tpmPatience = 20 * time.Second // for swtpm to listen; an idle host needs 50 ms

	// processMark names, in its environment, the build VM that a process belongs to: swtpm has no argument that could. What Ingot
	// finds after it was killed, it finds by that.
	processMark = "INGOT_PROCESS"
)

// stepTPM starts the TPM, a process of its own, which lives as long as QEMU may.
type stepTPM struct{ *vm }

// tpmArgs are swtpm's arguments. Paths are relative to the working directory, which keeps that of the socket short.
func tpmArgs() []string {
	return []string{"socket", "--tpm2", "--tpmstate", "dir=" + tpmFolder + ",mode=0600",
		"--ctrl", "type=unixio,path=" + tpmFile + ",mode=0600"}
}

func (s *stepTPM) Run(ctx context.Context, state multistep.StateBag) multistep.StepAction {
	return machine.End(state, s.start(ctx))
}

func (s *stepTPM) start(ctx context.Context) (err error) {
	s.endTPM() // of a build that was cut off
	if err := os.Mkdir(s.file(tpmFolder), 0o700); err != nil {
		return fmt.Errorf("make the TPM's folder: %w", err)
	}
	s.tpm, err = machine.Start(machine.BoundBy(s.config.PackerOnError), "swtpm", s.programs.TPM, s.dir, tpmArgs(), processMark+"="+s.config.VMName)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, tpmPatience, fmt.Errorf("swtpm does not open its socket within %s", tpmPatience))
	defer cancel()
	err = machine.Poll(ctx, machine.ReadyPoll, func() bool {
		_, err := os.Stat(s.file(tpmFile))
		return !errors.Is(err, fs.ErrNotExist) || s.tpm.Ended()
	})
	if err == nil && s.tpm.Ended() {
		err = s.tpm.EndError()
	}
	return err
}

func (s *stepTPM) Cleanup(multistep.StateBag) { s.endTPM() }

// endTPM ends swtpm if it runs, and removes what it made.
func (v *vm) endTPM() {
	if v.tpm != nil {
		v.tpm.Stop(nil)
		v.tpm = nil
	}
	v.remove(tpmFile)
	if err := os.RemoveAll(v.file(tpmFolder)); err != nil {
		v.ui.Error(fmt.Sprintf("left behind: %v", err))
	}
}
