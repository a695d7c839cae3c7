package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/service"
)

// runDetails is the JSON form of one run with all that is known of it.
type runDetails struct {
	runRecord
	Validation string         `json:"validation,omitempty"` // NotRun, Succeeded, Failed, Canceled; Running while it may still end so
	Kept       string         `json:"kept,omitempty"`       // how to get into the VM that was left standing
	Steps      []service.Step `json:"steps"`
}

func newRunsShow(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "show RUN",
		Short: "show one run: how it ended, its steps, what came out",
		Long: `Show how a run ended, what each of its steps came to, and what came out of it. Where the image was validated, it says
how that ended; where a VM was left standing for a look inside, how to get in.

RUN is the id of a run, the first digits of it, or "latest".`,
		Example:           "  ingot runs show latest\n  ingot runs show 3f2a --output json | jq -r .validation",
		Args:              args("RUN"),
		ValidArgsFunction: completeRuns(env),
		RunE: func(cmd *cobra.Command, args []string) error {
			return showRun(cmd.Context(), env, args[0], output)
		},
	}
	addOutput(cmd, &output)
	return cmd
}

func showRun(ctx context.Context, env *Env, ref, output string) error {
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	run, err := svc.Run(ctx, ref)
	if err != nil {
		return err
	}
	d := runDetails{runRecord: newRunRecord(run)}
	if d.Steps, err = svc.Steps(ctx, run.ID); err != nil {
		return err
	}
	if d.Kept, err = svc.Kept(ctx, run.ID); err != nil {
		return err
	}
	if d.Validation = string(service.Validation(d.Steps)); d.Validation != "" && run.Live() {
		d.Validation = string(events.Running)
	}
	if output == outputJSON {
		if d.Steps == nil {
			d.Steps = []service.Step{}
		}
		return view.Document(env.Stdout, d)
	}
	p := env.palette(env.Stdout)
	state := stateOf(run)
	if !run.Live() && run.SubState != "" && d.Message != "" {
		state += ", at " + string(run.SubState)
	}
	took := ""
	if t := tookOf(run); t != "" {
		took = ", took " + t
	}
	rows := [][]string{
		{"run", d.ID},
		{"state", state},
		{"message", d.Message},
		{"validation", d.Validation},
		{"kept", d.Kept},
		{"template", fmt.Sprintf("%s (%s)", d.Template, d.TemplateFile)},
		{"started", d.Started.Local().Format(time.DateTime) + took},
		{"folder", d.Folder},
	}
	for _, o := range d.Outputs {
		rows = append(rows, []string{"output", fmt.Sprintf("%s (%s): %s", o.Name, o.Type, o.Path)})
	}
	if err := view.Fields(env.Stdout, p, rows); err != nil {
		return err
	}
	if len(d.Steps) == 0 {
		return nil
	}
	if _, err := io.WriteString(env.Stdout, "\n"); err != nil {
		return err
	}
	steps := make([][]string, len(d.Steps))
	for i, s := range d.Steps {
		took := ""
		if s.Elapsed > 0 {
			took = s.Elapsed.Round(100 * time.Millisecond).String()
		}
		phase := string(s.Phase)
		if s.Phase == events.Running && !run.Live() {
			phase = "interrupted"
		}
		steps[i] = []string{s.ID, phase, took, s.Title}
	}
	return view.Table(env.Stdout, p, []string{"STEP", "STATE", "TOOK", "WHAT"}, steps)
}
