package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/proof/rig"
)

// A cut is a build that was ended from outside.
type cut struct {
	What     string        `json:"what"` // "kill -9 of ingot", "Ctrl-C"
	When     string        `json:"when"`
	ExitCode int           `json:"exitCode"`
	Made     []string      `json:"made"` // what was there that was not before, before ingot clean
	Wrong    []string      `json:"wrong,omitempty"`
	Took     time.Duration `json:"tookNs"`
}

// victims are whom a kill is for.
var victims = []string{"ingot", "the plugin", "both"}

// cutJobs are the kills and the interrupts that are wanted.
func (p *prover) cutJobs() []job {
	var jobs []job
	add := func(run func(context.Context, *cut) error) {
		jobs = append(jobs, func(ctx context.Context) {
			var c cut
			begun := time.Now()
			if err := run(ctx, &c); err != nil {
				c.Wrong = append(c.Wrong, err.Error())
			}
			c.Took = time.Since(begun)
			if ctx.Err() != nil {
				return
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			p.cuts = append(p.cuts, c)
			p.tell(c.What+" "+c.When, c.Wrong, c.Took)
		})
	}
	for i := range p.kills {
		chance := rand.New(rand.NewPCG(p.seed, uint64(i)+1)) // its own, so that jobs beside each other change nothing
		add(func(ctx context.Context, c *cut) error { return p.kill(ctx, c, chance) })
	}
	steps := slices.Clone(p.healthy.steps)
	if p.interrupts < len(steps) {
		p.chance.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
		steps = steps[:p.interrupts]
	}
	for _, step := range steps {
		add(func(ctx context.Context, c *cut) error { return p.interrupt(ctx, c, step) })
	}
	return jobs
}

// kill kills at a moment between the first call of a build and the last.
func (l *prover) kill(ctx context.Context, c *cut, chance *rand.Rand) error {
	victim := victims[chance.IntN(len(victims))]
	call, later := 1+chance.IntN(l.healthy.calls), time.Duration(chance.IntN(100))*time.Millisecond
	c.What, c.When = "kill -9 of "+victim, fmt.Sprintf("%s after call %d", later, call)
	r, err := l.rig(ctx, 0)
	if err != nil {
		return err
	}
	defer r.Close()
	skip := len(r.Sim.Calls())
	p, err := r.Start(buildArgs(r, 0)...)
	if err != nil {
		return err
	}
	for until := time.Now().Add(patience); len(r.Sim.Calls())-skip < call; {
		select {
		case <-p.Done: // it made fewer calls this time
		case <-time.After(5 * time.Millisecond):
			if time.Now().Before(until) {
				continue
			}
		}
		break
	}
	time.Sleep(later)
	plugins := pluginsOf(p.PID)
	if victim != "ingot" {
		for _, pid := range plugins {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
		}
	}
	if victim != "the plugin" {
		p.Signal(syscall.SIGKILL)
	}
	return l.after(ctx, c, r, p, plugins)
}

// interrupt presses Ctrl-C when a step begins.
func (l *prover) interrupt(ctx context.Context, c *cut, step string) error {
	c.What, c.When = "Ctrl-C", fmt.Sprintf("at %q", step)
	r, err := l.rig(ctx, 0)
	if err != nil {
		return err
	}
	defer r.Close()
	p, err := r.Start(buildArgs(r, 0)...)
	if err != nil {
		return err
	}
	if !p.Until(step) {
		<-p.Done
		out := p.Outcome()
		return fmt.Errorf("the build ended with %d before that: %s", out.Code, out.Explanation())
	}
	p.Signal(syscall.SIGINT)
	if err := l.after(ctx, c, r, p, nil); err != nil {
		return err
	}
	if c.ExitCode != 0 && c.ExitCode != 130 { // 0: it was done before it saw it
		out := p.Outcome()
		c.Wrong = append(c.Wrong, fmt.Sprintf("it ended with %d: %s", c.ExitCode, out.Explanation()))
	}
	return nil
}

// after waits for the end of a build that was cut, has ingot clean remove what it left, and looks whether that was all. What was
// complete before may stay.
func (l *prover) after(ctx context.Context, c *cut, r *rig.Rig, p *rig.Process, plugins []int) error {
	select {
	case <-p.Done:
	case <-time.After(patience):
		p.Signal(syscall.SIGKILL)
		<-p.Done
		c.Wrong = append(c.Wrong, fmt.Sprintf("it hung: killed after %s", patience))
	}
	for until := time.Now().Add(10 * time.Second); slices.ContainsFunc(plugins, lives); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			c.Wrong = append(c.Wrong, "the plugin lives on")
			break
		}
	}
	c.ExitCode, c.Made = p.Outcome().Code, r.Made()
	var finished []string
	for _, id := range r.All() {
		if r.Finished(id) {
			finished = append(finished, id)
		}
	}
	left, err := l.clean(ctx, r, nil, finished)
	c.Wrong = append(c.Wrong, left...)
	return err
}

// pluginsOf are the processes below one that are plugins.
func pluginsOf(pid int) []int {
	var found []int
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // those that each thread started
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, field := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				continue
			}
			if line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", child)); strings.Contains(string(line), "packer-plugin-") {
				found = append(found, child)
			}
			found = append(found, pluginsOf(child)...)
		}
	}
	return found
}

// lives tells whether a process is there that is more than a record of its end.
func lives(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(rest, "Z")
}
