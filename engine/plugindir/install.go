package plugindir

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-version"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/pluginhost"
)

const (
	maxArchive = 1 << 30 // bytes; plugins have 10 to 60 MiB
	maxProgram = 2 << 30
)

// Installer puts plugins into a plugin folder.
type Installer struct {
	Folder string
	Host   *pluginhost.Host // asks what was downloaded what it is
	HTTP   *http.Client     // nil: http.DefaultClient
	// Mirror is the base URL of a copy of the servers, whose folders are named after the hosts: MIRROR/github.com/….
	// "": none.
	Mirror string
	Token  events.Secret // for GitHub's API, which answers few questions without; may be ""
	// Keys must have signed the checksums of every release. Nil: HashiCorp's for HashiCorp's plugins, and none for
	// others, which are mostly not signed.
	Keys        *Keys
	NoSignature bool // take what is not signed, as Packer does
	Force       bool // install again what is installed
	Progress    func(events.Progress)
}

// Result is what Install did.
type Result struct {
	Plugin   Installed
	Already  bool   // it was there
	From     string // where it came from
	SignedBy string // fingerprint of the key that signed its checksums; "" when no signature was looked at
}

// Install downloads the newest release of a plugin that meets the constraint ("" for any) and runs here, checks it, and
// puts it into the folder. Nothing of it is in the folder unless all checks passed: signature, checksum, and what the
// plugin says of itself.
//
// A release that has nothing for this machine makes room for the next older one; one whose files are not right does
// not, since that would hide it.
func (i *Installer) Install(ctx context.Context, src Source, constraint string) (Result, error) {
	constraints, err := ParseConstraint(constraint)
	if err != nil {
		return Result{}, err
	}
	for _, c := range constraints {
		if c.Prerelease() {
			return Result{}, fmt.Errorf("version %q: pre-releases are not downloaded"+
				"\n  fix:  get the program, then: ingot plugins install --path FILE %s", constraint, src)
		}
	}
	client := i.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	w := &web{client: client, mirror: i.Mirror, token: i.Token}
	origins, err := w.origins(src)
	if err != nil {
		return Result{}, err
	}
	var problems []error
	for _, from := range origins {
		result, err := i.from(ctx, w, from, src, constraints, constraint)
		if err == nil {
			return result, nil
		}
		if cause := context.Cause(ctx); cause != nil {
			return Result{}, cause
		}
		problems = append(problems, err)
		var answer *HTTPError
		var network *unreachableError
		if !errors.As(err, &answer) && !errors.As(err, &network) {
			break // it has been found, and is not right: another place would hide that
		}
	}
	return Result{}, fmt.Errorf("plugin %s: %w", src, errors.Join(problems...))
}

// unreachableError marks a place that gave no list of releases.
type unreachableError struct{ error }

func (e *unreachableError) Unwrap() error { return e.error }

// from installs the newest release of one place that does.
func (i *Installer) from(
	ctx context.Context, w *web, from origin, src Source, constraints version.Constraints, constraint string,
) (Result, error) {
	all, err := from.versions(ctx)
	var limited *RateLimitError
	if err != nil && !errors.As(err, &limited) {
		return Result{}, &unreachableError{err}
	}
	if err != nil {
		return Result{}, err
	}
	var why []string
	matching := 0
	for _, v := range all {
		if !constraints.Check(v) {
			continue
		}
		matching++
		r, err := from.find(ctx, v)
		if isNotForUs(err) || absent(err) {
			why = append(why, err.Error())
			continue
		}
		if err != nil {
			return Result{}, err
		}
		return i.release(ctx, w, from, src, r)
	}
	switch {
	case len(all) == 0:
		return Result{}, fmt.Errorf("%s has no releases", from)
	case matching == 0:
		return Result{}, fmt.Errorf("none of the %d releases of %s meets %q; the newest is %s",
			len(all), from, constraint, all[0])
	default:
		const most = 3
		if len(why) > most {
			why = append(why[:most], "and so on")
		}
		return Result{}, fmt.Errorf("no release of %s runs here\n  why:  %s", from, strings.Join(why, "\n        "))
	}
}

// release installs a release.
func (i *Installer) release(ctx context.Context, w *web, from origin, src Source, r *release) (Result, error) {
	result := Result{From: from.String()}
	folder := filepath.Join(i.Folder, filepath.FromSlash(src.String()))
	target := filepath.Join(folder, r.binary)
	if state, _ := checkSum(target); state == ChecksumGood && !i.Force {
		result.Plugin, result.Already = named(target, src.String()), true
		return result, result.Plugin.verify(ctx, i.Host)
	}
	var err error
	if result.SignedBy, err = i.signature(ctx, w, src, r); err != nil {
		return Result{}, err
	}
	bench, done, err := workbench(folder)
	if err != nil {
		return Result{}, err
	}
	defer done()
	archive := filepath.Join(bench, "archive.zip")
	if err := i.download(ctx, w, r, archive); err != nil {
		return Result{}, err
	}
	program := filepath.Join(bench, r.binary)
	if err := extract(archive, r.zipURL, r.binary, program); err != nil {
		return Result{}, err
	}
	result.Plugin, err = i.put(ctx, src, program, target)
	return result, err
}

// signature checks who signed the list of checksums, if somebody must have.
func (i *Installer) signature(ctx context.Context, w *web, src Source, r *release) (by string, err error) {
	keys := i.Keys
	if keys == nil && src.Path[0] == hashiCorp {
		keys = HashiCorpKeys()
	}
	if keys == nil || i.NoSignature {
		return "", nil
	}
	signature, err := w.text(ctx, r.sumsURL+".sig")
	if absent(err) {
		err = fmt.Errorf("there is no %s.sig", filepath.Base(r.sumsURL))
		return "", &SignatureError{URL: r.sumsURL, Keys: keys.name, Err: err}
	}
	if err != nil {
		return "", err
	}
	return keys.verify(r.sumsURL, r.sums, signature)
}
