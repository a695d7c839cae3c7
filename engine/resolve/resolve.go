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

const parallel = 4 // downloads at once: more would only wait for each other on one link

// Options are how wants are resolved. Cache is needed; the zero value of everything else is a default.
type Options struct {
	Policy
	TemplateDir string // absolute; relative URIs are relative to it
	Cache       *ContentStore
	Client      *http.Client          // its Transport says which proxies and certificates to use; nil: the environment's
	Identity    Identity              // reads blobs that are not public; nil: they are not read
	Progress    func(events.Progress) // called from one goroutine at a time
	Say         func(line string)     // what a person should know of the run; called from one goroutine at a time
	Staged      func(Staged)          // called for each content that is resolved, in step order
	Delays      []time.Duration       // before the second and each later attempt at one URL; nil: ten attempts in 90 s

	// Tests replace these.
	wait   func(context.Context, time.Duration) error
	now    func() time.Time
	rename func(addr string) string // host:port to the one to dial, as a name service would
	stall  time.Duration            // stallTimeout
}

// Policy is what the person who starts a run allows and wishes. The zero Policy is for the templates of strangers.
type Policy struct {
	Offline      bool       // no server is asked; the cache serves
	AllowLocal   bool       // files outside the template's folder may be named
	AllowPrivate bool       // a URL may lead to any address: see guard
	Overrides    []Override // the longest prefix wins
	MaxSize      int64      // bytes of one file; 0: 2 GiB
}

// Identity opens storage accounts for this machine. Errors may have methods Why() string and Fix() string.
type Identity interface {
	// StorageToken gives a bearer token and says, for people, whose it is. userAssigned is the resource id of the template's identity, or "".
	StorageToken(ctx context.Context, userAssigned string) (token, who string, err error)
}

// From is where bytes came from.
type From string

// The places.
const (
	FromTemplate From = "template" // inline
	FromNetwork  From = "network"
	FromCache    From = "cache" // an earlier run fetched them
	FromFile     From = "file"
	FromOverride From = "override"
)

// Staged is one content whose bytes are known: what a run is made of.
type Staged struct {
	Path     string `json:"path"`          // in the image template: properties.customize[2].scriptUri
	FileName string `json:"fileName"`      // in the run's folder
	URI      string `json:"uri,omitempty"` // as it may be shown: without query, user and password
	From     From   `json:"from"`
	File     string `json:"file,omitempty"` // on this machine, of FromFile and FromOverride
	As       string `json:"as,omitempty"`   // the identity that read it
	SHA256   string `json:"sha256"`         // lower-case hex
	Size     int64  `json:"size"`           // bytes
}

// Contents fetches every URI of p into the content store and sets SHA256, Size and Resolved of each Content; of inline text too.
// Findings come in step order. Contents that share a URI are fetched once.
//
// A URI is http, https, file with an absolute path, or a path: relative ones start at the template's folder. Files outside that folder
// need Policy.AllowLocal. A URL below the prefix of an override is taken from this machine.
//
// Where the template gives a SHA-256 and the cache has the bytes, nobody is asked: they are the bytes that are meant, and a second
// build needs no network. Any other URL is asked for on every run, by its entity tag if one is known.
func Contents(ctx context.Context, p *plan.Plan, opts Options) (diag.List, error) {
	f := newFetcher(opts, p)
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

	got := make([]fetched, len(uris))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, uri := range uris {
		group.Go(func() (err error) {
			got[i], err = f.fetch(gctx, uri, wanting[uri])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, err
	}

	byURI := map[string]fetched{}
	for i, uri := range uris {
		byURI[uri] = got[i]
	}
	var found diag.List
	for _, s := range p.AllSteps() {
		if c := s.Content(); c != nil {
			found.Add(f.settle(s, c, byURI[c.URI])...)
		}
	}
	found.Add(f.overrides.unused()...)
	return found, nil
}

// fetched is what became of one URI: a problem, or bytes in the store.
type fetched struct {
	sha256   string
	size     int64
	from     From
	path     string // of FromFile and FromOverride
	name     string // of FromOverride: path as messages have it
	who      string // whose token read it, or ""
	encoding string // the Content-Encoding of the answer
	problem  *problem
}

// settle writes the result into c, the content of s, or says what is wrong with it.
func (f *fetcher) settle(s *plan.Step, c *plan.Content, got fetched) diag.List {
	var found diag.List
	if c.URI == "" {
		got = fetched{sha256: c.SHA256, size: c.Size, from: FromTemplate}
	}
	if got.problem != nil {
		found.Add(got.problem.at(c.Origin))
		return found
	}
	if c.SHA256 != "" && !strings.EqualFold(c.SHA256, got.sha256) {
		d := mismatch(c, got)
		found.Add(d)
		if d.Severity == diag.Error {
			return found
		}
	}
	c.SHA256, c.Size, c.Resolved = got.sha256, got.size, true
	found.Add(f.suspect(s, c, got)...)
	if f.Staged != nil {
		f.Staged(Staged{Path: c.Origin.Path, FileName: c.FileName, URI: shown(c.URI), From: got.from, File: got.path, As: got.who,
			SHA256: got.sha256, Size: got.size})
	}
	return found
}

// resolveText describes bytes that the plan already holds.
func resolveText(c *plan.Content) {
	sum := sha256.Sum256([]byte(c.Text))
	c.SHA256, c.Size, c.Resolved = hex.EncodeToString(sum[:]), int64(len(c.Text)), true
}
