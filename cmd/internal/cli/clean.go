package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
)

type cleanOptions struct {
	on                  string
	subscription, cloud string // of Azure; "": those of the environment
	yes, dryRun         bool
	output              string
}

// leftoverRecord is the JSON form of a leftover.
type leftoverRecord struct {
	Run  string `json:"run"`
	Kind string `json:"kind"` // directory, file or process
	Name string `json:"name"`
	What string `json:"what"`
	// Bytes is the disk space that its removal frees.
	Bytes int64 `json:"bytes"`
}

// cleanReport is the JSON form of the result.
type cleanReport struct {
	Leftovers []leftoverRecord `json:"leftovers"`
	Removed   bool             `json:"removed"`
	InAzure   int              `json:"inAzure"` // how many things in Azure dead runs have in the ledger: for --on azure
}

func newClean(env *Env) *cobra.Command {
	var o cleanOptions
	cmd := &cobra.Command{
		Use:   "clean",
		Short: "remove what killed runs left behind, and VMs that were kept",
		Long: `List what runs left behind that did not end by themselves - build VMs, staging folders, half-written disks - and the
VMs that were kept after a failure because errorHandling is "abort", and remove it after asking. What a live run holds is never touched, nor are images, the gallery and logs.

With --on azure it is about what runs made in Azure: what the ledger of this machine has, and what bears a run's tags in the
subscription. Only what is provably a dead run's is deleted; what stays is listed with the reason. Of another machine's runs that is
what their tags say is over.

Without a terminal to ask on, it only lists; --yes removes without asking.`,
		Example: "  ingot clean\n  ingot clean --yes\n  ingot clean --on azure --dry-run\n  ingot clean --output json",
		Args:    args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd.Flags()); err != nil {
				return err
			}
			return clean(cmd.Context(), env, o)
		},
	}
	addChoice(cmd, &o.on, "on", "where to look", service.OnLocal, service.OnAzure)
	cmd.Flags().StringVar(&o.subscription, "subscription", "",
		"with --on azure: `id` of the subscription (default: that of the environment, or of the ledger)")
	cmd.Flags().Var(choice{&o.cloud, clouds}, "cloud", "with --on azure: which cloud (default AzureCloud)")
	_ = cmd.RegisterFlagCompletionFunc("cloud", cobra.FixedCompletions(clouds, cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "remove without asking")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only list")
	addOutput(cmd, &o.output)
	return cmd
}

func clean(ctx context.Context, env *Env, o cleanOptions) error {
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return err
	}
	defer svc.Close()
	if o.on == service.OnAzure {
		return cleanAzure(ctx, env, svc, o)
	}
	if err := cleanHere(ctx, env, svc, o); err != nil || o.output == outputJSON {
		return err
	}
	return sayElsewhere(ctx, env, svc)
}

// cleanHere is about this machine.
func cleanHere(ctx context.Context, env *Env, svc *service.Service, o cleanOptions) error {
	left, err := svc.Leftovers(ctx)
	if err != nil {
		return err
	}
	if o.output == outputText {
		if len(left) == 0 {
			return env.say("nothing was left behind")
		}
		if err := showLeftovers(env, left); err != nil {
			return err
		}
	}
	remove, err := o.agreed(ctx, env, "remove all of this?", "")
	if err != nil {
		return err
	}
	if remove && len(left) > 0 {
		if left, err = svc.Clean(ctx); err != nil {
			return err
		}
	}
	if o.output == outputJSON {
		n, _, err := svc.LeftInAzure(ctx)
		if err != nil {
			return err
		}
		return view.Document(env.Stdout, newCleanReport(left, remove, n))
	}
	if !remove {
		return nil
	}
	return env.say(fmt.Sprintf("removed %s", count(len(left), "thing")))
}

// agreed says whether to remove what was shown: by the flags, or by asking.
func (o *cleanOptions) agreed(ctx context.Context, env *Env, question, on string) (bool, error) {
	if o.yes || o.output == outputJSON {
		return o.yes, nil
	}
	if !o.dryRun {
		if agreed, err := env.confirm(ctx, question); err != nil || agreed {
			return agreed, err
		}
	}
	return false, env.say("nothing was removed; remove it with: ingot clean" + on + " --yes")
}

func newCleanReport(left []ledger.Leftover, removed bool, inAzure int) cleanReport {
	r := cleanReport{Leftovers: []leftoverRecord{}, Removed: removed, InAzure: inAzure}
	for _, l := range left {
		r.Leftovers = append(r.Leftovers, leftoverRecord{
			Run: l.Run.ID, Kind: string(l.Entry.Kind), Name: l.Entry.Name, What: l.What, Bytes: l.Bytes,
		})
	}
	return r
}

func showLeftovers(env *Env, left []ledger.Leftover) error {
	var rows [][]string
	var total int64
	for _, l := range left {
		size, how := "", "remove"
		switch {
		case !l.Present:
			how = "gone already"
		case l.Entry.Kind == store.Process:
			how = "end"
		}
		if l.Bytes > 0 {
			size = humanize.IBytes(uint64(l.Bytes))
			total += l.Bytes
		}
		rows = append(rows, []string{l.Run.ID, how, size, l.What})
	}
	if err := view.Table(env.Stdout, env.palette(env.Stdout), []string{"RUN", "TO DO", "SIZE", "LEFT BEHIND"}, rows); err != nil {
		return err
	}
	if total > 0 {
		return env.say(fmt.Sprintf("together %s", humanize.IBytes(uint64(total))))
	}
	return nil
}

// confirm asks a yes-or-no question. Without a terminal on both ends the answer is no.
func (env *Env) confirm(ctx context.Context, question string) (bool, error) {
	if !isTerminal(env.Stdin) || !isTerminal(env.Stderr) {
		return false, nil
	}
	if _, err := fmt.Fprintf(env.Stderr, "%s [y/N] ", question); err != nil {
		return false, err
	}
	// The read cannot be interrupted; on Ctrl-C the process ends with it pending, which is fine.
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(env.Stdin).ReadString('\n') // an early end counts as no
		answer <- line
	}()
	select {
	case line := <-answer:
		line = strings.ToLower(strings.TrimSpace(line))
		return line == "y" || line == "yes", nil
	case <-ctx.Done():
		_ = env.say("")
		return false, context.Cause(ctx)
	}
}
