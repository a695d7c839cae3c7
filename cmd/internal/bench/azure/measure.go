package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/bench/procmem"
	"github.com/ingot-build/ingot/cmd/internal/proof/rig"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// measured is what builds took, together.
type measured struct {
	wall   time.Duration
	memory int64 // bytes of all processes, at the peak
	calls  int   // of Azure Resource Manager and for tokens
	rate   int   // the most calls in any minute
}

// each is the memory for one of n builds, in MiB.
func (m measured) each(n int) float64 { return float64(m.memory) / (1 << 20) / float64(n) }

func (m measured) String() string {
	return fmt.Sprintf("%.2f s, %d MiB, %d calls, at most %d in a minute", m.wall.Seconds(), m.memory>>20, m.calls, m.rate)
}

const sampleEvery = 200 * time.Millisecond

// measure runs programs at the same time, each of which has to succeed, and sees that every image is there.
func measure(ctx context.Context, r *rig.Rig, n int, commands []*exec.Cmd) (m measured, err error) {
	skip := len(r.Sim.Calls())
	outputs := make([]bytes.Buffer, len(commands))
	pids := make([]int, len(commands))
	ended := make(chan error, len(commands))
	begun := time.Now()
	for i, cmd := range commands {
		cmd.Env, cmd.Dir = append(r.Environ(), cmd.Env...), r.Dir
		cmd.Stdout, cmd.Stderr = &outputs[i], &outputs[i]
		if err := cmd.Start(); err != nil {
			return m, err
		}
		pids[i] = cmd.Process.Pid
		go func() {
			err := cmd.Wait()
			if err != nil {
				err = fmt.Errorf("%s: %w\n%s", cmd, err, outputs[i].Bytes()[max(0, outputs[i].Len()-3000):])
			}
			ended <- err
		}()
	}
	var failed []error
	sample := time.NewTicker(sampleEvery)
	defer sample.Stop()
	for left := len(commands); left > 0; {
		select {
		case err := <-ended:
			left--
			failed = append(failed, err)
		case <-sample.C:
			sum, _ := procmem.Of("", pids...)
			m.memory = max(m.memory, sum)
		case <-ctx.Done():
			for _, cmd := range commands {
				_ = cmd.Process.Kill() // it may have ended
			}
			return m, context.Cause(ctx)
		}
	}
	m.wall = time.Since(begun)
	if err := errors.Join(failed...); err != nil {
		return m, err
	}
	for i := range n {
		if id := rig.Managed(imageName(i)); !r.Finished(id) {
			return m, fmt.Errorf("%s was not made", id)
		}
	}
	calls := r.Sim.Calls()[skip:]
	m.calls, m.rate = len(calls), busiest(calls)
	return m, nil
}

// busiest is the most calls in any minute.
func busiest(calls []azuresim.Call) int {
	most, first := 0, 0
	for i := range calls {
		for calls[i].Time.Sub(calls[first].Time) > time.Minute {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

func imageName(i int) string { return "web" + strconv.Itoa(i) }

// byIngot builds n image templates by one program, with the flags that are given.
func (b *bench) byIngot(ctx context.Context, n int, flags ...string) (measured, error) {
	r, err := b.rig(ctx, true)
	if err != nil {
		return measured{}, err
	}
	defer r.Close()
	args := append([]string{"build", "--on", "azure"}, flags...)
	for i := range n {
		template, err := r.WriteManaged(imageName(i))
		if err != nil {
			return measured{}, err
		}
		args = append(args, template)
	}
	return measure(ctx, r, n, []*exec.Cmd{exec.Command(b.ingot, args...)})
}

// byPacker builds n Packer templates by as many programs, as they come or as they are fastest.
func (b *bench) byPacker(ctx context.Context, n int, best bool) (measured, error) {
	r, err := b.rig(ctx, best)
	if err != nil {
		return measured{}, err
	}
	defer r.Close()
	var commands []*exec.Cmd
	for i := range n {
		template := filepath.Join(r.Dir, imageName(i)+".pkr.hcl")
		if err := b.writeTemplate(r, template, imageName(i), best); err != nil {
			return measured{}, err
		}
		cmd := exec.Command(b.packer, "build", "-color=false", template)
		if !best {
			cmd.Env = []string{"GO_AZURE_SDK_SKIP_POLLING_DELAY=false"}
		}
		commands = append(commands, cmd)
	}
	return measure(ctx, r, n, commands)
}
