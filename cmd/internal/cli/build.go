package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/emit"
)

type buildOptions struct {
	inputOptions
	site    siteOptions
	machine target.Machine
	timeout time.Duration
	output  string

	parallel          int    // 0: by the place
	onError           string // one of service.OnErrors; "" where the template says
	detach            service.Detach
	generalizeTimeout time.Duration // 0: none
	packer            packerOptions
	stage             stagingOptions
	layers            layerOptions
	fidelity          fidelityOptions
	metadata          metadataOptions
	fast              fastOptions
	watch             string // one of watches; "": it is built once
}

func newBuild(env *Env) *cobra.Command {
	var o buildOptions
	cmd := &cobra.Command{
		Use:   "build TEMPLATE...",
		Short: "build the image of an image template, or run a Packer template",
		Long: `Build the image of an image template: boot its source in a local QEMU VM, run the customizers, generalize, run the
validators in a second VM that is started from the result, and give the disk to every distributor. What comes out
lands in the gallery on this machine: see "ingot gallery ls".

With --on fast the customizers run in a container on this machine, over the same disk and with the same outputs: up in a second, and at
the speed of the machine, but with its kernel. It needs Linux in the image, and what "ingot doctor" lists. With --on auto the build moves to a VM before
the first step for which that matters. See docs/fast.md.

With --on azure the build VM is in your own subscription, and so is what comes out: the azure plugin makes the VM, and
Ingot signs in, keeps the ledger, distributes and cleans up. See docs/azure.md.

If TEMPLATE ends in .pkr.hcl or .pkr.json, or is a folder, it is a Packer template and is run as it is: its builders
make what they make, and nothing is distributed. See docs/packer.md for what is covered.

Several image templates are built side by side, as many at a time as --parallel says, each a run of its own; one that fails stops no
other. The exit code is 5 when some of them failed, and 1 when all did.

The machine is kept as a layer before each step, so that the next build runs only from the first step that changed on: see docs/layers.md.
A STEP is named by its id, such as customize[2], by its name, or by its number in customize.

With --watch it is built again whenever the template, a parameter file, a script or a file is saved that the build is made of, from the
first step that changed on. A build that is under way then is stopped first. It ends before the machine is generalized, or where --until
says; with --watch=image an image is made each time. Nothing is left standing after a failure.

Ctrl-C stops the build and removes what it made so far; a second Ctrl-C ends Ingot at once, and "ingot clean"
removes the rest.

` + templateHelp,
		Example: `  ingot build web.json
  ingot build azuredeploy.json --param-file azuredeploy.parameters.json
  ingot build web.json --cpus 4 --memory 4096
  ingot build web.json --on fast --watch
  ingot build web.json --on auto
  ingot build web.json --on fast --verify-in-vm
  ingot build web.json --on azure --subscription ID --location westeurope
  ingot build web.json --on azure --vm-size Standard_D4s_v5
  ingot build --on azure web.json db.json --parallel 20 --arm-rate 600 --fallback-sizes Standard_D4s_v5,Standard_D2as_v5
  ingot build web.json --on-error shell
  ingot build web.json --until 'customize[2]'
  ingot build web.json --rebuild installNginx
  ingot build web.json --watch
  ingot build image.pkr.hcl --var source_disk=base.qcow2
  ingot build out/ --var-file lab.pkrvars.hcl --only 'web.*' --on-error ask
  ingot build web.json --output json | jq -r 'select(.result) | .result.outputs[].path'`,
		Args:              atLeastOne("TEMPLATE"),
		ValidArgsFunction: completeTemplate,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			if err := o.checkMany(cmd, args); err != nil {
				return err
			}
			if isPackerTemplate(o.file) {
				return buildPacker(cmd, env, o)
			}
			if err := refuseFlags(cmd, "an image template", func(name string) bool {
				return !slices.Contains(packerFlags, name) || name == "on-error"
			}); err != nil {
				return err
			}
			if err := o.takeOnError(cmd.Flags()); err != nil {
				return err
			}
			if err := o.site.check(cmd.Flags()); err != nil {
				return err
			}
			if err := o.layers.check(cmd.Flags(), o.site.azure()); err != nil {
				return err
			}
			if err := o.fast.check(cmd.Flags(), &o.site); err != nil {
				return err
			}
			if err := o.fidelity.check(cmd.Flags(), o.site.azure()); err != nil {
				return err
			}
			if err := o.metadata.check(cmd.Flags(), o.site.azure()); err != nil {
				return err
			}
			if err := o.checkWatch(cmd.Flags(), args); err != nil {
				return err
			}
			if len(args) > 1 {
				return buildMany(cmd.Context(), env, o, args)
			}
			return build(cmd.Context(), env, o)
		},
	}
	o.addFlags(cmd)
	o.site.addFlags(cmd)
	o.addMachineFlags(cmd)
	cmd.Flags().IntVar(&o.parallel, "parallel", 0, "of several image templates, how many are built at a time (default: 1 here, 8 with --on azure)")
	o.stage.addFlags(cmd)
	o.fast.addFlags(cmd)
	o.layers.addFlags(cmd)
	o.fidelity.addFlags(cmd)
	o.metadata.addFlags(cmd)
	o.addWatch(cmd)
	o.packer.addFlags(cmd)
	addOutput(cmd, &o.output)
	return cmd
}

// addMachineFlags adds what is said of build VMs, and of how long they may take.
func (o *buildOptions) addMachineFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntVar(&o.machine.CPUs, "cpus", 0, "CPUs of the build VM, or those that a container may use (default: those of this machine, up to 4)")
	f.IntVar(&o.machine.MemoryMiB, "memory", 0, "memory of the build VM, or the most that a container may use, in `MiB` (default: a quarter of what is free, 1024 to 4096; of Windows 4096 to 8192)")
	f.DurationVar(&o.timeout, "timeout", 0, "longest time for the whole run, such as 90m (default: buildTimeoutInMinutes of the template)")
	f.DurationVar(&o.generalizeTimeout, "generalize-timeout", emit.GeneralizeTimeout,
		"longest time for generalizing; 0: it may take as long as the run, as in the service")
	f.DurationVar(&o.machine.BootTimeout, "boot-timeout", 0, "longest time until the build VM can be logged in to (default 20m, of Windows 1h)")
	addChoice(cmd, &o.machine.Firmware, "firmware", "firmware of the build VM; auto goes by the source, and is bios for Linux", "auto", "bios", "uefi")
	addChoice(cmd, &o.machine.Accelerator, "accel", "what runs the code of a VM; auto takes KVM where it works", "auto", "kvm", "tcg")
	addChoice(cmd, &o.detach.When, "detach", "which steps go on when the connection to the build VM is lost: those over WinRM (auto), over SSH too, or none",
		service.Detaches...)
	f.DurationVar(&o.detach.Patience, "detach-timeout", service.DetachPatience,
		"longest time that a build VM is tried for whose connection was lost")
}

// checkNumbers refuses sizes that no VM starts with.
func (o *buildOptions) checkNumbers() error {
	switch {
	case o.machine.CPUs < 0 || o.machine.CPUs > 255:
		return &usageError{what: fmt.Sprintf("--cpus %d is not possible", o.machine.CPUs), why: "QEMU takes 1 to 255", fix: "leave it out, or give 1 to 255"}
	case o.machine.MemoryMiB < 0 || o.machine.MemoryMiB > 0 && o.machine.MemoryMiB < 256:
		return &usageError{
			what: fmt.Sprintf("--memory %d is too little", o.machine.MemoryMiB), why: "the unit is MiB, and a Linux guest needs at least 256",
			fix: "leave it out, or give at least 256",
		}
	case o.machine.BootTimeout < 0:
		return &usageError{what: fmt.Sprintf("--boot-timeout %s is negative", o.machine.BootTimeout), fix: "leave it out, or write it as 90s or 30m"}
	case o.generalizeTimeout < 0:
		return &usageError{what: fmt.Sprintf("--generalize-timeout %s is negative", o.generalizeTimeout),
			fix: "leave it out, or write it as 20m or 2h; 0 is no limit"}
	case o.detach.Patience <= 0:
		return badDetachTimeout(o.detach.Patience)
	case o.timeout < 0:
		return &usageError{what: fmt.Sprintf("--timeout %s is negative", o.timeout), fix: "leave it out, or write it as 90m or 2h"}
	}
	return nil
}

func badDetachTimeout(given time.Duration) error {
	return &usageError{what: fmt.Sprintf("--detach-timeout %s is no time to try anything in", given), fix: "leave it out, or write it as 90s or 30m"}
}

func build(ctx context.Context, env *Env, o buildOptions) error {
	if err := o.checkNumbers(); err != nil {
		return err
	}
	if err := o.stage.check(true); err != nil {
		return err
	}
	if o.watch != "" {
		return buildWatch(ctx, env, o)
	}
	attend, keys, err := o.attend(env)
	if err != nil {
		return err
	}
	t, err := o.translate(ctx, env, o.site.target())
	if err != nil {
		return err
	}
	if err := o.showFindings(env, t); err != nil {
		return err
	}
	show := env.runView(o.output)
	if attend != nil {
		show = &view.Plain{Out: env.Stdout, Log: env.Stderr} // the live view has the screen for itself
		attend.Ask = asks(show, keys)
	}
	return o.buildShown(ctx, env, t, attend, show)
}

// showFindings shows what was found in a template, before a view of its build has the screen. JSON has it in its document.
func (o *buildOptions) showFindings(env *Env, t *translated) error {
	if o.output != outputText {
		return nil
	}
	if err := t.err(); err != nil {
		return err
	}
	return env.warnings(t)
}

// buildShown builds what was translated, and shows how that goes and ends. attend may be nil.
func (o *buildOptions) buildShown(ctx context.Context, env *Env, t *translated, attend *service.Attend, show view.Run) error {
	start := time.Now()
	res, err := runBuild(ctx, env, *o, t, attend, show)
	e := newEnding(ctx, t, res, time.Since(start), err)
	e.ShowFidelity = o.fidelity.show
	return finishBuild(ctx, show, e, t, err)
}

func runBuild(ctx context.Context, env *Env, o buildOptions, t *translated, attend *service.Attend, show view.Run) (service.Result, error) {
	if err := t.err(); err != nil {
		return service.Result{}, err
	}
	o.site.apply(t.plan, env, o.place.location)
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return service.Result{}, err
	}
	defer svc.Close()
	stop := context.AfterFunc(ctx, func() {
		if !errors.Is(context.Cause(ctx), errSaved) { // that was said, and nobody has pressed Ctrl-C
			show.Notice("cleaning up; press Ctrl-C again to stop at once")
		}
	})
	defer stop()
	request, err := o.request(env, t, attend)
	if err != nil {
		return service.Result{}, err
	}
	if err := o.site.preflight(ctx, env, o.place, t); err != nil {
		return service.Result{}, err
	}
	return svc.Build(ctx, request, show.Event)
}

// request is what the service is asked. attend may be nil. An error is about what was typed.
func (o *buildOptions) request(env *Env, t *translated, attend *service.Attend) (service.BuildRequest, error) {
	r := service.BuildRequest{
		Plan: t.plan, TemplateFile: o.file, Staging: o.stage.policy, Machine: o.machine, Timeout: o.timeout,
		GeneralizeTimeout: &o.generalizeTimeout, Detach: o.detach, OnError: o.onError, Attend: attend,
		StrictFidelity: o.fidelity.kinds(), Metadata: o.metadata.request(env, o.place.location), On: o.site.on, Azure: o.site.request(o.place),
		VerifyInVM: o.fast.verify, Secrets: t.hidden(),
	}
	if err := o.site.checkpoints.apply(&r, t.plan); err != nil {
		return r, err
	}
	err := o.layers.apply(&r, t.plan, env.Getenv)
	return r, err
}

// runView chooses how a run is shown. The live view needs a terminal on stderr only: the result on stdout may go to a file.
func (env *Env) runView(output string) view.Run {
	if output == outputJSON {
		return &view.JSON{Out: env.Stdout}
	}
	f, ok := env.Stderr.(*os.File)
	if !ok || !isTerminal(f) || env.Getenv("TERM") == "dumb" {
		return &view.Plain{Out: env.Stdout, Log: env.Stderr}
	}
	screen := view.Screen{Writer: f, Size: func() (int, int) { return terminalSize(f) }, Palette: env.palette(f)}
	return view.NewLive(screen, env.Stdout, env.palette(env.Stdout), time.Now)
}

// terminalSize gives the size of a window, or that of the oldest terminals where none is told.
func terminalSize(f *os.File) (width, height int) {
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return 80, 24
	}
	return width, height
}

// newEnding sums a build up for the views.
func newEnding(ctx context.Context, t *translated, res service.Result, took time.Duration, err error) view.Ending {
	e := view.Ending{
		Run: res.Run.ID, State: string(res.Run.State), ExitCode: exitCode(ctx, err), Elapsed: took, LogPath: res.LogPath,
	}
	e.Refused = e.ExitCode == ExitTemplate || e.ExitCode == ExitHost
	if t.plan != nil {
		e.Name = t.plan.Name
	}
	e.Fidelity = res.Fidelity
	e.InContainers = inContainers(res)
	e.Validation, e.ValidationLog = string(res.Validation), res.ValidationLog
	if r := res.Reused; r != nil {
		e.Reused = &view.Reused{Steps: r.Steps, Of: r.Of, Disk: r.Disk, Text: r.String()}
	}
	if res.Stopped != nil {
		e.Stopped = res.Stopped.String()
	}
	if k := res.Kept; k != nil {
		kept := view.Kept(*k)
		e.Kept = &kept
	}
	if e.State == "" || !res.Run.State.Over() { // refused before it had a record, or the record could not be written
		e.State = map[int]string{
			ExitDone: string(store.Succeeded), ExitPartly: string(store.PartiallySucceeded), ExitCancelled: string(store.Canceled),
		}[e.ExitCode]
		if e.State == "" {
			e.State = string(store.Failed)
		}
	}
	for _, out := range res.Outputs {
		size, onDisk := fileSize(out.Path)
		e.Outputs = append(e.Outputs, view.Output{RunOutput: out, Size: size, SizeOnDisk: onDisk})
	}
	var findings *findingsError
	var template *service.DiagnosticsError
	switch {
	case errors.As(err, &findings):
		e.Findings = findings.list
	case errors.As(err, &template):
		e.Findings = template.List
	case err != nil && e.ExitCode != ExitCancelled:
		e.Problems = problems(ctx, err)
	}
	return e
}

// fileSize gives the size of a file, and the space it takes on its disk; zeros when it cannot be looked at.
func fileSize(path string) (size, onDisk int64) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		onDisk = st.Blocks * 512 // st_blocks counts 512-byte units on every file system
	}
	return info.Size(), onDisk
}

// finishBuild shows the end of a run, and gives what Main makes the exit code of.
func finishBuild(ctx context.Context, show view.Run, e view.Ending, t *translated, err error) error {
	if verr := show.End(e); verr != nil && err == nil {
		return verr
	}
	switch _, isJSON := show.(*view.JSON); {
	case err == nil:
		return nil
	case isJSON, len(e.Findings) == 0:
		return &shownError{e.ExitCode}
	default:
		return &findingsError{list: e.Findings, sources: t.sources, host: e.ExitCode == ExitHost}
	}
}
