// Package checksum is the post-processor that writes the checksums of an artifact's files into files beside them, in the form of
// Packer's post-processor of the same name: a line per file, the checksum, a tab, the file's name without its folder.
package checksum

//go:generate ../../.ci/tools/run packer-sdc mapstructure-to-hcl2 -type Config

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/common"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/template/config"
	"github.com/hashicorp/packer-plugin-sdk/template/interpolate"
)

// Packer's defaults.
const (
	defaultType   = "md5"
	defaultOutput = "packer_{{.BuildName}}_{{.BuilderType}}_{{.ChecksumType}}.checksum"
)

// hashes are the types of checksums.
var hashes = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
}

// Config is the configuration of the post-processor.
type Config struct {
	common.PackerConfig `mapstructure:",squash"`

	ChecksumTypes []string `mapstructure:"checksum_types"`
	// OutputPath is a template of Go's, with .BuildName, .BuilderType, .ChecksumType and what the builder tells of its guest.
	OutputPath string `mapstructure:"output"`

	ctx interpolate.Context
}

// PostProcessor implements packersdk.PostProcessor.
type PostProcessor struct{ config Config }

// New returns a post-processor that is not yet configured.
func New() packersdk.PostProcessor { return &PostProcessor{} }

// ConfigSpec implements packersdk.HCL2Speccer.
func (p *PostProcessor) ConfigSpec() hcldec.ObjectSpec { return p.config.FlatMapstructure().HCL2Spec() }

// Configure implements packersdk.PostProcessor.
func (p *PostProcessor) Configure(raws ...any) error {
	p.config = Config{}
	err := config.Decode(&p.config, &config.DecodeOpts{
		PluginType: "checksum", Interpolate: true, InterpolateContext: &p.config.ctx,
		// Only looked at here, and rendered for each type of checksum.
		InterpolateFilter: &interpolate.RenderFilter{Exclude: []string{"output"}},
	}, raws...)
	if err != nil {
		return err
	}
	if p.config.ChecksumTypes == nil {
		p.config.ChecksumTypes = []string{defaultType}
	}
	if p.config.OutputPath == "" {
		p.config.OutputPath = defaultOutput
	}
	var errs []error
	for _, kind := range p.config.ChecksumTypes {
		if hashes[kind] == nil {
			errs = append(errs, fmt.Errorf("checksum_types: %q is none of %s", kind, strings.Join(slices.Sorted(maps.Keys(hashes)), ", ")))
		}
	}
	return errors.Join(errs...)
}

// PostProcess implements packersdk.PostProcessor. Its artifact has the files of its input and those it wrote. The input is always
// kept: its files are what the checksums are of. Where a file of checksums exists, lines are added to it.
func (p *PostProcessor) PostProcess(
	ctx context.Context, _ packersdk.Ui, source packersdk.Artifact,
) (_ packersdk.Artifact, keep, mustKeep bool, _ error) {
	data := map[string]any{}
	switch told := source.State("generated_data").(type) { // from a plugin's process, or from this one
	case map[any]any:
		for key, value := range told {
			data[fmt.Sprint(key)] = value
		}
	case map[string]any:
		maps.Copy(data, told)
	}
	data["BuildName"] = p.config.PackerBuildName
	data["BuilderType"] = p.config.PackerBuilderType

	made := &artifact{files: slices.Clone(source.Files())}
	for _, kind := range p.config.ChecksumTypes {
		data["ChecksumType"] = kind
		p.config.ctx.Data = data
		for _, file := range source.Files() {
			path, err := interpolate.Render(p.config.OutputPath, &p.config.ctx)
			if err != nil {
				return nil, true, true, fmt.Errorf("output: %w", err)
			}
			sum, err := sumOf(ctx, file, hashes[kind]())
			if err != nil {
				return nil, true, true, fmt.Errorf("%s of %s: %w", kind, file, err)
			}
			isNew, err := appendLine(path, sum+"\t"+filepath.Base(file)+"\n")
			if err != nil {
				return nil, true, true, fmt.Errorf("write checksum: %w", err)
			}
			if isNew {
				made.files = append(made.files, path)
			}
		}
	}
	return made, true, true, nil
}

// sumOf reads a file to its end, or until ctx ends.
func sumOf(ctx context.Context, path string, h hash.Hash) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := io.Copy(h, ctxReader{ctx, f}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

type ctxReader struct {
	ctx context.Context
	io.Reader
}

func (r ctxReader) Read(p []byte) (int, error) {
	if cause := context.Cause(r.ctx); cause != nil {
		return 0, cause
	}
	return r.Reader.Read(p)
}

// appendLine adds a line to a file, which is made with its folder when it is not there.
func appendLine(path, line string) (isNew bool, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, err
	}
	_, err = os.Stat(path)
	isNew = errors.Is(err, fs.ErrNotExist)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return false, err
	}
	_, err = f.WriteString(line)
	return isNew, errors.Join(err, f.Close())
}

// builderID is what Packer calls artifacts of this kind.
const builderID = "packer.post-processor.checksum"

// artifact is the files of the input and those with their checksums.
type artifact struct{ files []string }

// BuilderId implements packersdk.Artifact.
func (*artifact) BuilderId() string { return builderID }

// Files implements packersdk.Artifact.
func (a *artifact) Files() []string { return a.files }

// Id implements packersdk.Artifact.
func (*artifact) Id() string { return "" }

// String implements packersdk.Artifact.
func (a *artifact) String() string {
	return "Created artifact from files: " + strings.Join(a.files, ", ")
}

// State implements packersdk.Artifact.
func (*artifact) State(string) any { return nil }

// Destroy implements packersdk.Artifact.
func (a *artifact) Destroy() error {
	var errs []error
	for _, f := range a.files {
		errs = append(errs, os.RemoveAll(f))
	}
	return errors.Join(errs...)
}
