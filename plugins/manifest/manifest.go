// Package manifest is the post-processor that writes down what builds made: a JSON file, packer-manifest.json unless named
// otherwise, to which every build of every run adds an entry. The file is that of Packer's post-processor of the same name, and
// both may write the same one.
package manifest

//go:generate ../../.ci/tools/run packer-sdc mapstructure-to-hcl2 -type Config

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/common"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/template/config"
	"github.com/hashicorp/packer-plugin-sdk/template/interpolate"
)

// defaultOutput is where the manifest goes, relative to the working directory.
const defaultOutput = "packer-manifest.json"

// runUUID is the environment variable that tells the runs of Packer apart.
const runUUID = "PACKER_RUN_UUID"

// Config is the configuration of the post-processor.
type Config struct {
	common.PackerConfig `mapstructure:",squash"`

	OutputPath string            `mapstructure:"output"`      // path of the manifest
	StripPath  bool              `mapstructure:"strip_path"`  // names of files without their folders
	StripTime  bool              `mapstructure:"strip_time"`  // no build_time
	CustomData map[string]string `mapstructure:"custom_data"` // goes into the entry; the values are templates of Go's

	ctx interpolate.Context
}

// PostProcessor implements packersdk.PostProcessor.
type PostProcessor struct {
	config Config
	now    func() time.Time
}

// New returns a post-processor that is not yet configured.
func New() packersdk.PostProcessor { return &PostProcessor{now: time.Now} }

// File is the manifest: the entries of all runs, the oldest first.
type File struct {
	Builds      []Entry `json:"builds"`
	LastRunUUID string  `json:"last_run_uuid"`
}

// Entry is what one build made.
type Entry struct {
	BuildName     string            `json:"name"` // of the source block
	BuilderType   string            `json:"builder_type"`
	BuildTime     int64             `json:"build_time,omitempty"` // seconds since 1970, UTC
	Files         []ArtifactFile    `json:"files"`
	ArtifactID    string            `json:"artifact_id"`
	PackerRunUUID string            `json:"packer_run_uuid"`
	CustomData    map[string]string `json:"custom_data"`
}

// ArtifactFile is a file of an artifact. Its size is 0 when it cannot be looked at.
type ArtifactFile struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// ConfigSpec implements packersdk.HCL2Speccer.
func (p *PostProcessor) ConfigSpec() hcldec.ObjectSpec { return p.config.FlatMapstructure().HCL2Spec() }

// Configure implements packersdk.PostProcessor.
func (p *PostProcessor) Configure(raws ...any) error {
	p.config = Config{}
	err := config.Decode(&p.config, &config.DecodeOpts{
		PluginType: "manifest", Interpolate: true, InterpolateContext: &p.config.ctx,
		// Only looked at here, and rendered when there is something to say of the build.
		InterpolateFilter: &interpolate.RenderFilter{Exclude: []string{"custom_data"}},
	}, raws...)
	if err != nil {
		return err
	}
	if p.config.OutputPath == "" {
		p.config.OutputPath = defaultOutput
	}
	return nil
}

// PostProcess implements packersdk.PostProcessor. It gives on its input, which it always keeps: the manifest names it.
func (p *PostProcessor) PostProcess(
	ctx context.Context, _ packersdk.Ui, source packersdk.Artifact,
) (_ packersdk.Artifact, keep, mustKeep bool, _ error) {
	entry, err := p.entry(source)
	if err != nil {
		return source, true, true, err
	}
	return source, true, true, p.add(ctx, entry)
}

// entry describes an artifact.
func (p *PostProcessor) entry(source packersdk.Artifact) (Entry, error) {
	e := Entry{
		BuildName: p.config.PackerBuildName, BuilderType: p.config.PackerBuilderType,
		ArtifactID: source.Id(), PackerRunUUID: os.Getenv(runUUID),
	}
	if !p.config.StripTime {
		e.BuildTime = p.now().Unix()
	}
	for _, name := range source.Files() {
		f := ArtifactFile{Name: name}
		if info, err := os.Stat(name); err == nil {
			f.Size = info.Size()
		}
		if p.config.StripPath {
			f.Name = filepath.Base(name)
		}
		e.Files = append(e.Files, f)
	}
	p.config.ctx.Data = source.State("generated_data")
	for key, text := range p.config.CustomData {
		rendered, err := interpolate.Render(text, &p.config.ctx)
		if err != nil {
			return Entry{}, fmt.Errorf("custom_data %q: %w", key, err)
		}
		if e.CustomData == nil {
			e.CustomData = map[string]string{}
		}
		e.CustomData[key] = rendered
	}
	return e, nil
}

// add appends an entry to the manifest, which other builds of this run, and other runs, may be writing too. With -force, the
// first entry of a run replaces those of earlier runs.
func (p *PostProcessor) add(ctx context.Context, e Entry) (err error) {
	path := p.config.OutputPath
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	unlock, err := lock(ctx, path+".lock")
	if err != nil {
		return fmt.Errorf("write manifest %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()

	var manifest File
	text, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(text) == 0:
	case err != nil:
		return fmt.Errorf("read manifest: %w", err)
	default:
		if err := json.Unmarshal(text, &manifest); err != nil {
			return fmt.Errorf("read manifest %s: it is not one: %w", path, err)
		}
	}
	if p.config.PackerForce && manifest.LastRunUUID != e.PackerRunUUID {
		manifest = File{}
	}
	manifest.Builds = append(manifest.Builds, e)
	manifest.LastRunUUID = e.PackerRunUUID
	if text, err = json.MarshalIndent(manifest, "", "  "); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return replace(path, text)
}

// replace writes a file so that a reader sees the old one or the new one.
func replace(path string, text []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	_, err = temp.Write(text)
	err = errors.Join(err, temp.Chmod(0o644), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write manifest: %w", err), os.Remove(temp.Name()))
	}
	return nil
}

// lockPatience bounds the wait for a lock. It is held for one read and one write, so a longer wait is for one that nobody holds
// any more.
const lockPatience = 10 * time.Second

// lock makes the lock file, as Packer's post-processor does. unlock removes it.
func lock(ctx context.Context, path string) (unlock func() error, err error) {
	deadline := time.Now().Add(lockPatience)
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			return func() error { return os.Remove(path) }, f.Close()
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%s was there for %s: no other build writes that long, so one was killed; remove the file",
				path, lockPatience)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
