package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ingot-build/ingot/engine/build"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/packercore/hcl2"
	"github.com/ingot-build/ingot/engine/store"
)

// Errors of Packer templates that a caller acts on.
type (
	PartlyError        = build.PartlyError
	NothingChosenError = packercore.NothingChosenError
	PackerInputError   = hcl2.InputError
)

// Detach says which commands on a build VM go on when the connection to it is lost; Detaches lists its values.
type Detach = packercore.Detach

var Detaches = packercore.Detaches

// DetachPatience is what a Detach without a Patience means.
const DetachPatience = packercore.DetachPatience

// PackerOnErrors lists what a build of a Packer template may do when it fails; PackerAsk is the one that needs somebody to ask.
var PackerOnErrors = packercore.OnErrors

// PackerAsk is the value of PackerRequest.OnError that calls PackerRequest.Ask.
const PackerAsk = packercore.OnErrorAsk

// PackerRequest is a run of a Packer template that is wanted.
type PackerRequest struct {
	Path         string            // of a folder, or of the one file to read
	Vars         map[string]string // values of variables, as text
	VarFiles     []string          // files with values
	Env          []string          // what the template sees of the environment: NAME=value
	Only, Except []string          // patterns for the names of builds
	OnError      string            // one of PackerOnErrors; "" is the first
	Ask          func(ctx context.Context, question string) (string, error)
	Force        bool
	Parallel     int // builds at a time; 0: all
	Detach       Detach
	Timeout      time.Duration // 0: none
}

// PackerResult is what a run of a Packer template came to.
type PackerResult struct {
	Run     store.Run
	Builds  []PackerBuild // those that ran, in the order of the template
	LogPath string
}

// PackerBuild is what one build made.
type PackerBuild struct {
	Name      string // <build>.<type>.<source>
	Artifacts []PackerArtifact
	Elapsed   time.Duration
	Error     string // "" when it succeeded
}

// PackerArtifact is an artifact of a builder or a post-processor.
type PackerArtifact struct {
	BuilderID, ID, Text string
	Files               []string // paths on this machine
}

// BuildPacker runs a Packer template. Result is set as soon as the run has a record, which it gets once the template is found to be
// in order. The error is a *DiagnosticsError or a *NothingChosenError when nothing was started; else see build.RunPacker.
func (s *Service) BuildPacker(ctx context.Context, r PackerRequest, sink events.Sink) (res PackerResult, err error) {
	if _, err := s.bury(ctx); err != nil {
		return res, fmt.Errorf("remove what an earlier run left behind: %w", err)
	}
	mask := &events.Mask{}
	opts, err := r.options(mask, s.cfg.Now)
	if err != nil {
		return res, err
	}
	reg, plugins := s.plugins(ctx, PluginOptions{Mask: mask})
	defer func() { err = errors.Join(err, plugins.Close()) }()
	prepared, err := build.PreparePacker(ctx, reg, opts)
	if err != nil {
		return res, err
	}
	defer prepared.Close()

	file, err := filepath.Abs(r.Path)
	if err != nil {
		return res, fmt.Errorf("find the Packer template: %w", err)
	}
	active, err := s.store.Start(ctx, store.Run{Name: filepath.Base(file), TemplateFile: file})
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, active.Close()) }()
	res.Run = active.Run()
	if err := plugins.Record(s.inLedger(ctx, res.Run.ID)); err != nil {
		return res, err
	}
	res.LogPath = filepath.Join(res.Run.Dir, "customization.log")
	log, err := os.OpenFile(res.LogPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return res, fmt.Errorf("open the run's log: %w", err)
	}
	defer log.Close()
	emit := events.Serial(res.Run.ID, mask.Sink(events.Tee(
		active.Sink(), events.CustomizationLog(log, res.Run.ID, "packer"), sink,
	)), s.cfg.Now)

	stop := context.AfterFunc(ctx, func() {
		// The record says so while the run is still cleaning up; the error, if any, comes again from finish.
		_ = active.SetState(context.WithoutCancel(ctx), store.Canceling, "")
	})
	defer stop()
	start := s.cfg.Now()
	emit(events.Event{State: &events.State{Phase: events.Running, Title: res.Run.Name}})
	err = active.SetState(ctx, store.Running, store.Building)
	if err == nil {
		var results []packercore.Result
		results, err = build.RunPacker(ctx, prepared, res.Run.ID, r.Timeout, mask, emit)
		res.Builds = packerBuilds(results, mask)
	}
	var end Result
	end.Run = res.Run
	err = errors.Join(err, s.finish(context.WithoutCancel(ctx), active, &end, start, err, emit))
	res.Run = end.Run
	return res, err
}

// options are the request as the core takes it.
func (r PackerRequest) options(mask *events.Mask, now func() time.Time) (packercore.Options, error) {
	o := packercore.Options{
		Dir: r.Path, Vars: r.Vars, VarFiles: r.VarFiles, Env: r.Env, Only: r.Only, Except: r.Except, OnError: r.OnError, Ask: r.Ask,
		Force: r.Force, Parallel: r.Parallel, Detach: r.Detach, Mask: mask, Now: now,
	}
	info, err := os.Stat(r.Path)
	if err != nil {
		return o, fmt.Errorf("read Packer template: %w", err)
	}
	if !info.IsDir() {
		o.Dir, o.File = filepath.Dir(r.Path), filepath.Base(r.Path)
	}
	return o, nil
}

func packerBuilds(results []packercore.Result, mask *events.Mask) []PackerBuild {
	var list []PackerBuild
	for _, r := range results {
		b := PackerBuild{Name: r.Name, Elapsed: r.Elapsed}
		if r.Err != nil {
			b.Error = mask.Text(r.Err.Error())
		}
		for _, a := range r.Artifacts {
			b.Artifacts = append(b.Artifacts, PackerArtifact{BuilderID: a.BuilderID, ID: a.ID, Text: a.Text, Files: a.Files})
		}
		list = append(list, b)
	}
	return list
}
