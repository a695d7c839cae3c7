package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/proof/rig"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// A cell is one fault of one call, and what became of it.
type cell struct {
	Call     string        `json:"call"`
	Fault    string        `json:"fault"`
	Struck   bool          `json:"struck"` // the build made the call: the fault did happen
	ExitCode int           `json:"exitCode"`
	Outcome  string        `json:"outcome"` // "succeeded", or the explanation of the failure
	Wrong    []string      `json:"wrong,omitempty"`
	Took     time.Duration `json:"tookNs"`
}

func (c *cell) green() bool { return len(c.Wrong) == 0 }

// The exit codes that a failure may have: the run failed, the image template names something that is not there, Azure is not ready for
// it, some distributors failed.
var failures = []int{1, 3, 4, 5}

// try runs a build with a fault, judges how it ended, and then whether ingot clean leaves what it should.
func (l *lab) try(ctx context.Context, call string, col *column) (c cell) {
	c = cell{Call: call, Fault: col.name}
	begun := time.Now()
	defer func() { c.Took = time.Since(begun) }()
	r, err := l.rig(ctx, 0)
	if err != nil {
		c.Wrong = []string{"the rig: " + err.Error()}
		return c
	}
	defer r.Close()
	r.Sim.SetFaults(col.rule(call))
	out, err := l.build(ctx, r, col.within)
	if err != nil {
		c.Wrong = append(c.Wrong, err.Error())
	}
	c.Struck = slices.ContainsFunc(r.Sim.Calls(), func(c azuresim.Call) bool { return c.Fault }) || col.fault.Region != ""
	c.ExitCode, c.Outcome = out.Code, "succeeded"
	if out.Code != 0 {
		c.Outcome = out.Explanation()
	}
	c.Wrong = append(c.Wrong, col.judge(out)...)
	wanted, wrong := r.Distributed(out)
	c.Wrong = append(c.Wrong, wrong...)
	if out.Code == 0 {
		wanted = r.All()
	}
	left, err := l.clean(ctx, r, wanted, nil)
	if err != nil {
		left = append(left, err.Error())
	}
	c.Wrong = append(c.Wrong, left...)
	return c
}

// judge holds the end of a build against the table.
func (col *column) judge(out rig.Outcome) []string {
	said := out.Explanation()
	switch {
	case out.Code == 0:
		return nil
	case !col.fails:
		return []string{fmt.Sprintf("the build ended with %d: %s", out.Code, said)}
	case !slices.Contains(failures, out.Code):
		return []string{fmt.Sprintf("the build ended with %d, and not with one of %v: %s", out.Code, failures, said)}
	case said == "":
		return []string{fmt.Sprintf("the build ended with %d and no explanation", out.Code)}
	case !col.says.MatchString(said):
		return []string{fmt.Sprintf("the explanation has nothing of %s: %s", strings.ReplaceAll(col.says.String(), "|", ", "), said)}
	}
	return nil
}
