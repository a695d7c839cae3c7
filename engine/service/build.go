package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/distribute"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/fidelity"
	"github.com/ingot-build/ingot/engine/fidelity/kernelbound"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// BuildRequest is one run that is wanted.
type BuildRequest struct {
	Plan         *plan.Plan // as Translate made it; Build makes its wants exact
	On           string     // OnLocal, OnFast or OnAzure; "" is OnLocal
	Azure        AzureRequest
	TemplateFile string
	Staging      resolve.Policy // what the template's URIs may lead to
	Machine      target.Machine
	Timeout      time.Duration // 0: the image template's buildTimeoutInMinutes

	OnError string  // one of OnErrors; "": what errorHandling of the image template says
	Attend  *Attend // with OnErrorAsk and OnErrorShell: who is asked

	// Bench decides how the run goes on while its build VM stands still, and about steps that fail; nil: nobody does.
	Bench Bench
	// Until is the id of the step before which the run ends, without an image; "": it goes on to its end. See FindStep.
	Until string
	// Layers says how layers are used; those of one machine are for builds here, of Linux.
	Layers LayerUse

	// VerifyInVM says that what was built in containers is built once more in VMs, and that their image is the one that counts.
	VerifyInVM bool

	// Metadata says whether a build VM on this machine is answered at 169.254.169.254.
	Metadata Metadata
	// Secrets are the values of secure parameters: a run tells none of them.
	Secrets []events.Secret
	// StrictFidelity are the kinds of differences from the service for which a build on this machine is refused.
	StrictFidelity []fidelity.Kind

	// Checkpointing says what a run in Azure keeps of its build VM on the way; From is what it begins with, nil: its source image.
	Checkpointing Checkpointing
	From          *FromCheckpoint

	// Detach says which customizers' commands go on when the connection to the build VM is lost.
	Detach Detach
	// GeneralizeTimeout bounds the last step; 0: nothing does but the above, as in the service. Nil: emit.GeneralizeTimeout.
	GeneralizeTimeout *time.Duration
}

// Result is what a run came to. Outputs are in template order, without those that failed.
type Result struct {
	Run     store.Run          `json:"run"`
	Outputs []events.RunOutput `json:"outputs"`
	LogPath string             `json:"log"` // customization.log, in the managed service's format

	Validation    build.Validation   `json:"validation,omitempty"`    // "" when none is wanted
	VMSize        string             `json:"vmSize,omitempty"`        // of the build VM, where it was one to fall back to
	Kept          *target.Kept       `json:"kept,omitempty"`          // the VM that was left standing, as errorHandling says
	Reused        *build.Reused      `json:"reused,omitempty"`        // of earlier builds; nil: layers were not used
	Ran           build.Ran          `json:"ran,omitempty"`           // where steps were run, where that may have been a container
	Marks         []kernelbound.Mark `json:"marks,omitempty"`         // of steps that were run in a container
	Verified      *build.Verified    `json:"verified,omitempty"`      // nil: it was not wanted, or the run did not come that far
	Stopped       *build.Stopped     `json:"stopped,omitempty"`       // nil: the run went to its end
	ValidationLog string             `json:"validationLog,omitempty"` // validation.log, in the same format; "" when it did not begin

	Fidelity []fidelity.Difference `json:"fidelity,omitempty"` // what the service would do otherwise; nil in Azure
}

// Build runs one image template to its end. Result is set as soon as the run has a record, also beside an error: a
// *DiagnosticsError, a *HostError, a *RunError, or the cause of a cancelled ctx.
func (s *Service) Build(ctx context.Context, r BuildRequest, sink events.Sink) (res Result, err error) {
	// What a killed run left behind goes first: it may hold the very disk space that this run needs.
	if _, err := s.bury(ctx); err != nil {
		return res, fmt.Errorf("remove what an earlier run left behind: %w", err)
	}
	onError(r.Plan, r.OnError)
	file, err := filepath.Abs(r.TemplateFile)
	if err != nil {
		return res, fmt.Errorf("find the image template's folder: %w", err)
	}
	begin, err := s.start(ctx, &r)
	if err != nil {
		return res, err
	}
	active, err := s.store.Start(ctx, store.Run{Name: r.Plan.Name, TemplateFile: file})
	if err != nil {
		return res, err
	}
	at, err := r.where()
	if err != nil {
		return res, errors.Join(err, active.Close())
	}
	return s.carryOut(ctx, active, r, sink, func(b *build.Builder, mask *events.Mask, emit events.Sink) (build.Result, error) {
		s.giveLayers(b, r, emit)
		return b.Run(ctx, build.Request{
			Plan:        r.Plan,
			TemplateDir: filepath.Dir(file),
			Staging:     r.Staging,
			Machine:     r.Machine,
			Timeout:     r.Timeout,

			FallbackSizes: r.Azure.FallbackSizes,
			Attend:        r.Attend,
			Bench:         r.Bench,
			Until:         r.Until,
			Stay:          r.OnError == OnErrorKeep || r.OnError == OnErrorAbort,
			Layers:        r.Layers,
			Moves:         r.On == OnAuto,
			VerifyInVM:    r.VerifyInVM,
			Site:          at,

			Checkpointing:     r.Checkpointing,
			Start:             begin,
			Metadata:          r.Metadata,
			StrictFidelity:    r.StrictFidelity,
			Detach:            r.Detach,
			GeneralizeTimeout: r.GeneralizeTimeout,
		}, active, mask, emit)
	})
}

// carryOut does the work of a run, which is held in active and closed here: of r it takes where that is.
func (s *Service) carryOut(
	ctx context.Context, active *store.ActiveRun, r BuildRequest, sink events.Sink,
	work func(*build.Builder, *events.Mask, events.Sink) (build.Result, error),
) (res Result, err error) {
	defer func() { err = errors.Join(err, active.Close()) }()
	res.Run = active.Run()
	res.LogPath = filepath.Join(res.Run.Dir, "customization.log")
	log, err := os.OpenFile(res.LogPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return res, fmt.Errorf("open the run's log: %w", err)
	}
	defer log.Close()
	vlog := &validationLog{
		path: filepath.Join(res.Run.Dir, "validation.log"),
		sink: func(w io.Writer) events.Sink { return events.CustomizationLog(w, res.Run.ID, s.builderOf(r)) },
	}
	defer func() {
		res.ValidationLog = vlog.written()
		err = errors.Join(err, vlog.close())
	}()

	mask := &events.Mask{}
	for _, secret := range r.Secrets {
		mask.Add(secret)
	}
	emit := events.SerialFrom(res.Run.ID, active.LastEvent(), mask.Sink(events.Tee(
		active.Sink(),
		outsideValidation(events.CustomizationLog(log, res.Run.ID, s.builderOf(r))),
		vlog.take,
		sink,
	)), s.cfg.Now)

	stop := context.AfterFunc(ctx, func() {
		// The record says so while the run is still cleaning up; the error, if any, comes again from finish.
		_ = active.SetState(context.WithoutCancel(ctx), store.Canceling, "")
	})
	defer stop()

	start := s.cfg.Now()
	emit(events.Event{State: &events.State{Phase: events.Running, Title: r.Plan.Name}})
	var site Site
	reg, plugins := s.cfg.Registry, PluginSet(noPlugins{}) // what is built here, is built by what is linked in
	if r.On == OnAzure {
		reg, plugins = s.plugins(ctx, PluginOptions{Mask: mask, Grace: graceOnAzure, Environ: func(env []string) []string {
			if site.Environ == nil {
				return env
			}
			return site.Environ(env)
		}})
	}
	defer func() { err = errors.Join(err, plugins.Close()) }()
	if err := plugins.Record(s.inLedger(ctx, res.Run.ID)); err != nil {
		return res, err
	}
	site, err = s.site(ctx, r, mask, emit, plugins)
	var made build.Result
	if err == nil {
		made, err = work(s.builder(site, reg), mask, emit)
	}
	res.Fidelity = made.Fidelity
	res.Validation, res.Kept, res.VMSize, res.Stopped, res.Reused = made.Validation, made.Kept, made.VMSize, made.Stopped, made.Reused
	res.Ran, res.Marks, res.Verified = made.Ran, made.Marks, made.Verified
	for _, out := range made.Outputs {
		if out != nil {
			res.Outputs = append(res.Outputs, *out)
		}
	}
	return res, errors.Join(err, s.finish(context.WithoutCancel(ctx), active, &res, start, err, emit))
}

// finish writes the end of the run into its record and into the stream.
func (s *Service) finish(ctx context.Context, active *store.ActiveRun, res *Result, start time.Time, err error, emit events.Sink) error {
	end := events.State{Phase: events.Done, Title: active.Run().Name, Elapsed: s.cfg.Now().Sub(start)}
	state, message := store.Succeeded, ""
	var failed *RunError
	var partial *distribute.PartialError
	var partly *PartlyError
	var invalid *ValidationError
	switch {
	case err == nil && res.Stopped != nil:
		message = res.Stopped.String()
		end.Detail = message
	case err == nil:
	case errors.Is(err, context.Canceled):
		state, message, end.Phase = store.Canceled, "cancelled", events.Cancelled
	default:
		state, message, end.Phase = store.Failed, err.Error(), events.Failed
		// An image that failed its validation is a failed run, whatever came of its distribution.
		if (errors.As(err, &partial) || errors.As(err, &partly)) && !errors.As(err, &invalid) {
			state = store.PartiallySucceeded
		}
		problem := events.Problem{What: err.Error()}
		if errors.As(err, &failed) {
			problem = failed.Problem
		}
		emit(events.Event{Problem: &problem})
	}
	emit(events.Event{State: &end})
	ferr := active.Finish(ctx, state, message)
	res.Run = active.Run()
	return ferr
}

// builderOf is the name of the Packer builder that a run is made with, as logs have it.
func (s *Service) builderOf(r BuildRequest) string {
	switch {
	case r.On == OnAzure:
		return "azure-arm"
	case IsFast(r.On) && s.cfg.Fast != nil:
		return s.cfg.Fast.Info().Builder
	}
	return s.cfg.Target.Info().Builder
}

func (s *Service) builder(at Site, reg packercore.Registry) *build.Builder {
	return &build.Builder{
		Target:   at.Target,
		Then:     at.Then,
		Registry: reg,
		Place:    at.Place,
		Resolver: s.resolver(""),
		Ledger:   runLedger{s, at.Remover},
		Dirs:     s.cfg.Dirs,
		Answers:  s.cfg.Answers,
	}
}

// giveLayers lets a build on this machine use the layers that there are. A build is none the worse without them.
func (s *Service) giveLayers(b *build.Builder, r BuildRequest, emit events.Sink) {
	wanted := r.Layers.Mode != "" && r.Layers.Mode != LayersOff || r.On == OnAuto || r.VerifyInVM // in which machines are handed on
	if r.On == OnAzure || !wanted {
		return
	}
	var err error
	if b.LayerStore, err = s.Layers(); err != nil {
		text := "layers: none is used or kept: " + err.Error()
		emit(events.Event{Output: &events.Output{Stream: events.Say, Text: text}})
	}
}

func (s *Service) resolver(templateDir string) resolve.Options {
	return resolve.Options{TemplateDir: templateDir, Client: s.cfg.HTTP, Cache: s.cache, Identity: s.cfg.Identity}
}

// WritePacker writes a Packer template of p into dir: exactly what Build would run, when the options are zero.
func (s *Service) WritePacker(p *plan.Plan, o emit.Options, dir string) error {
	folder, err := emit.Packer(p, o)
	if err != nil {
		return err
	}
	return build.WriteFolder(folder, dir, s.cache.Open)
}
