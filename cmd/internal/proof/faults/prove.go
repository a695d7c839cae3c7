package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/proof/rig"
)

// healthy is what is known of a build to which nothing happens.
type healthy struct {
	names []string // of its calls
	calls int      // how many; polls vary
	steps []string
	took  time.Duration
}

// record builds once without a fault.
func (l *lab) record(ctx context.Context) (*healthy, error) {
	r, err := l.rig(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	r.Sim.SetFaults()
	skip := len(r.Sim.Calls()) // of the rig itself
	out, err := l.build(ctx, r, 0)
	if err != nil {
		return nil, err
	}
	if out.Code != 0 {
		return nil, fmt.Errorf("it ended with %d: %s", out.Code, out.Explanation())
	}
	calls := r.Sim.Calls()[skip:]
	h := &healthy{names: callsOf(calls), calls: len(calls), steps: out.Steps, took: out.Took}
	if wrong, err := l.complete(ctx, r, out); err != nil || len(wrong) > 0 {
		return nil, fmt.Errorf("%s %w", strings.Join(wrong, "; "), err)
	}
	return h, nil
}

// complete tells what is wrong with the outputs of a build that succeeded.
func (l *lab) complete(ctx context.Context, r *rig.Rig, out rig.Outcome) ([]string, error) {
	made, wrong := r.Distributed(out)
	if len(made) != len(r.All()) {
		wrong = append(wrong, fmt.Sprintf("it says that it made %q", made))
	}
	if l.azurite != "" {
		there, err := r.HasBlob(ctx)
		if err != nil {
			return nil, err
		}
		if !there {
			wrong = append(wrong, "there is no VHD")
		}
	}
	return append(wrong, r.Left(r.All(), nil)...), nil
}

// prover runs everything.
type prover struct {
	*lab
	options
	healthy  *healthy
	chance   *rand.Rand
	progress io.Writer

	mu    sync.Mutex
	done  int
	cells []cell
	cuts  []cut
}

// a job is one build with something that happens to it.
type job func(context.Context)

func (p *prover) run(ctx context.Context) {
	jobs := append(p.tableJobs(), p.cutJobs()...)
	todo := make(chan job)
	var workers sync.WaitGroup
	for range max(p.jobs, 1) {
		workers.Go(func() {
			for j := range todo {
				j(ctx)
			}
		})
	}
	total := len(jobs)
	fmt.Fprintf(p.progress, "%d builds, %d at a time\n", total, max(p.jobs, 1))
	for _, j := range jobs {
		select {
		case todo <- j:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(todo)
	workers.Wait()
}

// tableJobs are the cells that are wanted.
func (p *prover) tableJobs() []job {
	type place struct {
		call string
		col  *column
	}
	var all []place
	for _, call := range p.healthy.names {
		for i := range columns {
			col := &columns[i]
			if col.applies(call) && (p.only == "" || strings.Contains(call+" x "+col.name, p.only)) {
				all = append(all, place{call, col})
			}
		}
	}
	switch {
	case p.sample < 0:
		return nil
	case p.sample > 0 && p.sample < len(all):
		p.chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:p.sample]
	}
	var jobs []job
	for _, at := range all {
		jobs = append(jobs, func(ctx context.Context) {
			c := p.try(ctx, at.call, at.col)
			if ctx.Err() != nil {
				return
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			p.cells = append(p.cells, c)
			p.tell(fmt.Sprintf("%s x %s: exit code %d", c.Call, c.Fault, c.ExitCode), c.Wrong, c.Took)
		})
	}
	return jobs
}

// tell prints one line of progress. The lock is held.
func (p *prover) tell(what string, wrong []string, took time.Duration) {
	p.done++
	mark := "ok "
	if len(wrong) > 0 {
		mark = "RED"
	}
	fmt.Fprintf(p.progress, "%4d %s %5.1fs  %s\n", p.done, mark, took.Seconds(), what)
}

func (p *prover) green() bool {
	for i := range p.cells {
		if !p.cells[i].green() {
			return false
		}
	}
	for i := range p.cuts {
		if len(p.cuts[i].Wrong) > 0 {
			return false
		}
	}
	return true
}

// write keeps all outcomes in a file.
func (p *prover) write(file string) error {
	text, err := json.MarshalIndent(map[string]any{"seed": p.seed, "calls": p.healthy.names, "cells": p.cells, "cuts": p.cuts}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
