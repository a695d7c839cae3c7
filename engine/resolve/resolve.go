// Package resolve makes the wants of a plan exact: a URI becomes bytes with a checksum, "latest" becomes a version and a disk.
//
// It is the only stage that reads the network and the user's other files. What it finds wrong with the template's words becomes
// a diagnostic at the place they were written; an error is left for what the words are not to blame for: a full disk, a
// cancelled context.
package resolve

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// The findings of this package.
const (
	CodeBadURI      diag.Code = "ING4001"
	CodeUnreachable diag.Code = "ING4002"
	CodeStatus      diag.Code = "ING4003"
	CodeNoFile      diag.Code = "ING4004"
	CodeTooLarge    diag.Code = "ING4005"
	CodeChecksum    diag.Code = "ING4006"
	CodeSource      diag.Code = "ING4007"
)

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	return []diag.Entry{
		{Code: CodeBadURI, Severity: diag.Error, Summary: "a script or file is named by something that is neither an http(s) or file URL nor a path"},
		{Code: CodeUnreachable, Severity: diag.Error, Summary: "a script or file could not be fetched from its server"},
		{Code: CodeStatus, Severity: diag.Error, Summary: "the server of a script or file answered with an error"},
		{Code: CodeNoFile, Severity: diag.Error, Summary: "a script or file is not on this machine, or cannot be read"},
		{Code: CodeTooLarge, Severity: diag.Error, Summary: "a script or file is larger than what Ingot sends to a build VM"},
		{Code: CodeChecksum, Severity: diag.Error, Summary: "the bytes of a script or file do not have the sha256Checksum that the template gives"},
		{Code: CodeSource, Severity: diag.Error, Summary: "no disk on this machine serves as the template's source"},
	}
}

const (
	// defaultMaxSize bounds one script or file. The service documents its File customizer for less than 20 MB; people send
	// installers of a gigabyte all the same.
	defaultMaxSize = 2 << 30
	parallel       = 4 // fetches at once: more would only wait for each other on one link
)

// Options say how content is fetched.
type Options struct {
	TemplateDir string // relative paths are relative to it
	Client      *http.Client
	Cache       *ContentStore
	Progress    func(events.Progress) // may be called from several goroutines; nil is allowed
	MaxSize     int64                 // bytes of one content; 0: 2 GiB
	// Delays are the pauses before the second and each later attempt at a server that does not answer or answers 5xx; nil: a
	// second, two, and four.
	Delays []time.Duration
}

func (o Options) withDefaults() Options {
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
	if o.MaxSize == 0 {
		o.MaxSize = defaultMaxSize
	}
	if o.Delays == nil {
		o.Delays = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}
	}
	if o.Progress == nil {
		o.Progress = func(events.Progress) {}
	}
	return o
}

// Contents fetches every script and file of p into the cache, and sets SHA256, Size and Resolved of its Content. Findings come
// in step order. A content with a finding stays unresolved; the others are resolved all the same. The error is the cause of
// ctx, or a failure to write the cache.
func Contents(ctx context.Context, p *plan.Plan, o Options) (diag.List, error) {
	o = o.withDefaults()
	contents := p.Contents()
	findings := make([]diag.List, len(contents))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, c := range contents {
		if c.URI == "" || c.Resolved {
			continue
		}
		group.Go(func() (err error) {
			findings[i], err = o.content(gctx, c)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, err
	}
	var all diag.List
	for _, l := range findings {
		all.Add(l...)
	}
	return all, nil
}

// content makes one Content exact.
func (o Options) content(ctx context.Context, c *plan.Content) (diag.List, error) {
	wanted := c.SHA256
	if wanted != "" {
		// The checksum says which bytes are meant, so a copy that has it is as good as the server's.
		if size, ok := o.Cache.Has(wanted); ok {
			c.Size, c.Resolved = size, true
			return nil, nil
		}
	}
	got, finding, err := o.fetch(ctx, c)
	if err != nil || finding != nil {
		return found(finding), err
	}
	if wanted != "" && got.sha256 != wanted {
		return found(&diag.Diagnostic{
			Severity: diag.Error, Code: CodeChecksum, Subject: c.ChecksumOrigin.Range, Path: c.ChecksumOrigin.Path,
			Summary: "the file at " + Redact(c.URI) + " does not have this checksum",
			Why:     "its SHA-256 is " + got.sha256,
			Fix:     "if the change is wanted, write that checksum here; else find out who changed the file",
			Related: []diag.Note{{Message: "the file is named here", Range: c.Origin.Range}},
		}), nil
	}
	c.SHA256, c.Size, c.Resolved = got.sha256, got.size, true
	return nil, nil
}

func found(d *diag.Diagnostic) diag.List {
	if d == nil {
		return nil
	}
	return diag.List{*d}
}

// finding starts a diagnostic about the URI of c.
func finding(c *plan.Content, code diag.Code, summary, why, fix string) *diag.Diagnostic {
	return &diag.Diagnostic{
		Severity: diag.Error, Code: code, Subject: c.Origin.Range, Path: c.Origin.Path,
		Summary: summary, Why: why, Fix: fix,
	}
}
