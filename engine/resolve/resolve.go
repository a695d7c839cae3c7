// Package resolve makes a plan's wants exact: a URI becomes bytes with a SHA-256, a source becomes a disk. It is the only place
// that reads the network and the disk on behalf of a template. What is wrong with something the template names is a diagnostic
// at the place it was written; an error is a fault of this machine, or a context that ended.
package resolve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// defaultMaxSize bounds one script or file. The service documents its File customizer for less than 20 MB; people send
// installers of a gigabyte all the same.
const defaultMaxSize = 2 << 30

// defaultDelays make four attempts. The service makes ten, unattended; here a person waits.
var defaultDelays = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}

const parallel = 4 // downloads at once: more would only wait for each other on one link

// Options are how wants are resolved. Cache is needed; the zero value of everything else is a default.
type Options struct {
	TemplateDir string // absolute; relative URIs are relative to it
	Cache       *ContentStore
	Client      *http.Client          // nil: one with time limits for each phase but none for the whole
	Progress    func(events.Progress) // called from one goroutine at a time
	MaxSize     int64                 // bytes of one file; 0: 2 GiB
	Delays      []time.Duration       // before the second and each later attempt at one URL; nil: 1 s, 2 s, 4 s
}

// Contents fetches every URI of p into the content store and sets SHA256, Size and Resolved of each Content; of inline text too.
// Findings come in step order. Contents that share a URI are fetched once.
//
// A URI is http, https, file with an absolute path, or a path: relative ones start at the template's folder, and "../" is
// followed, since a template and the scripts it shares with others lie side by side in a repository. Whoever runs a template of
// strangers should know that it can name any file this user can read.
//
// Where the template gives a SHA-256 and the cache has the bytes, nobody is asked: they are the bytes that are meant, and a second
// build needs no network. Any other URL is asked for on every run, by its entity tag if one is known.
func Contents(ctx context.Context, p *plan.Plan, opts Options) (diag.List, error) {
	f := newFetcher(opts)
	var uris []string
	wanting := map[string][]*plan.Content{}
	for _, c := range p.Contents() {
		if c.URI == "" {
			resolveText(c)
			continue
		}
		if wanting[c.URI] == nil {
			uris = append(uris, c.URI)
		}
		wanting[c.URI] = append(wanting[c.URI], c)
	}

	fetched := make([]fetched, len(uris))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, uri := range uris {
		group.Go(func() (err error) {
			fetched[i], err = f.fetch(gctx, uri, wanting[uri])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, err
	}

	byURI := map[string]int{}
	for i, uri := range uris {
		byURI[uri] = i
	}
	var found diag.List
	for _, c := range p.Contents() {
		if c.URI != "" {
			found.Add(settle(c, fetched[byURI[c.URI]])...)
		}
	}
	return found, nil
}

// fetched is what became of one URI: a problem, or bytes in the store.
type fetched struct {
	sha256  string
	size    int64
	problem *problem
}

// settle writes the result into c, or says what is wrong with it.
func settle(c *plan.Content, got fetched) diag.List {
	var found diag.List
	if got.problem != nil {
		found.Add(got.problem.at(c.Origin))
		return found
	}
	if c.SHA256 != "" && !strings.EqualFold(c.SHA256, got.sha256) {
		found.Add(mismatch(c, got.sha256))
		return found
	}
	c.SHA256, c.Size, c.Resolved = got.sha256, got.size, true
	return found
}

// resolveText describes bytes that the plan already holds.
func resolveText(c *plan.Content) {
	sum := sha256.Sum256([]byte(c.Text))
	c.SHA256, c.Size, c.Resolved = hex.EncodeToString(sum[:]), int64(len(c.Text)), true
}
