package cli

import (
	"context"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/store"
)

// runRecord is the JSON form of a run. It is part of the interface, apart from the store's own form.
type runRecord struct {
	ID           string             `json:"id"`
	Template     string             `json:"template"` // name of the image template
	TemplateFile string             `json:"templateFile"`
	State        store.RunState     `json:"runState"`
	SubState     store.RunSubState  `json:"runSubState,omitempty"`
	Interrupted  bool               `json:"interrupted,omitempty"` // Ingot was killed in the middle of it
	Message      string             `json:"message,omitempty"`
	Started      time.Time          `json:"startTime"`
	Ended        time.Time          `json:"endTime,omitzero"`
	Folder       string             `json:"folder"`
	Outputs      []events.RunOutput `json:"outputs"`
}

func newRunRecord(r store.Run) runRecord {
	outputs := r.Outputs
	if outputs == nil {
		outputs = []events.RunOutput{}
	}
	return runRecord{
		ID: r.ID, Template: r.Name, TemplateFile: r.TemplateFile, State: r.State, SubState: r.SubState,
		Interrupted: r.Interrupted, Message: r.Message, Started: r.Started, Ended: r.Ended, Folder: r.Dir, Outputs: outputs,
	}
}

func newRuns(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "list runs, newest first",
		Long: `List runs, newest first, with how they ended and what came out.

A run that Ingot was killed in is shown as "interrupted"; "ingot clean" removes what it left behind.`,
		Example: "  ingot runs\n  ingot runs --output json\n  ingot runs show latest",
		Args:    args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listRuns(cmd.Context(), env, output)
		},
	}
	addOutput(cmd, &output)
	cmd.AddCommand(newRunsShow(env))
	return cmd
}

func listRuns(ctx context.Context, env *Env, output string) error {
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	runs, err := svc.Runs(ctx)
	if err != nil {
		return err
	}
	if output == outputJSON {
		records := make([]runRecord, len(runs))
		for i, r := range runs {
			records[i] = newRunRecord(r)
		}
		return view.Document(env.Stdout, records)
	}
	if len(runs) == 0 {
		return env.say("nothing was built yet; start with: ingot build TEMPLATE")
	}
	rows := make([][]string, len(runs))
	for i, r := range runs {
		rows[i] = []string{r.ID, stateOf(r), r.Name, humanize.Time(r.Started), tookOf(r), outputNames(r)}
	}
	return view.Table(env.Stdout, env.palette(env.Stdout), []string{"RUN", "STATE", "TEMPLATE", "STARTED", "TOOK", "OUTPUTS"}, rows)
}

// stateOf gives the state as a person reads it: with what a live run is at, and with what a record alone does not tell.
func stateOf(r store.Run) string {
	switch {
	case r.Interrupted:
		return "interrupted"
	case r.Live() && r.SubState != "":
		return string(r.State) + ": " + string(r.SubState)
	default:
		return string(r.State)
	}
}

func tookOf(r store.Run) string {
	if r.Ended.IsZero() {
		return ""
	}
	return r.Ended.Sub(r.Started).Round(100 * time.Millisecond).String()
}

func outputNames(r store.Run) string {
	text := ""
	for i, o := range r.Outputs {
		if i > 0 {
			text += ", "
		}
		text += o.Name
	}
	return text
}

// completeRuns offers the ids of runs to the shell.
func completeRuns(env *Env) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(cmd *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(given) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		svc, err := wire.Service(cmd.Context(), env.Getenv)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		defer svc.Close()
		runs, err := svc.Runs(cmd.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		ids := []string{"latest"}
		for _, r := range runs {
			ids = append(ids, r.ID+"\t"+r.Name+" "+stateOf(r))
		}
		return ids, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}
