package plugindir

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
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

// ChecksumError says that a file is not the one that its checksum is of.
type ChecksumError struct{ URL, Got, Want string }

func (e *ChecksumError) Error() string {
	return fmt.Sprintf("%s: its SHA-256 sum is %s, and the list of checksums has %s"+
		"\n  why:  the download was cut or changed on the way"+
		"\n  fix:  try again; if it stays so, the release is not what its maker published", e.URL, e.Got, e.Want)
}

// Install downloads the newest release of a plugin that meets the constraint ("" for any) and runs here, checks it, and
// puts it into the folder. Nothing of it is in the folder unless all checks passed: signature, checksum, and what the
// plugin says of itself.
//
// A release that has nothing for this machine makes room for the next older one; one whose files are not right does
// not, since that would hide it.
func (i *Installer) Install(ctx context.Context, src Source, constraint string) (Result, error) {
	constraints, err := version.NewConstraint(constraint)
	if constraint != "" && err != nil {
		return Result{}, fmt.Errorf("version %q: %w"+
			"\n  fix:  write it as \"2.6.3\", \">= 2.5\" or \"~> 2.5\"", constraint, err)
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

// download gets the archive of a release and compares its checksum.
func (i *Installer) download(ctx context.Context, w *web, r *release, path string) error {
	var got string
	err := w.get(ctx, r.zipURL, func(body io.Reader, size int64) error {
		f, err := os.Create(path)
		if err != nil {
			return permanent{err}
		}
		defer f.Close()
		h := sha256.New()
		in := &counted{Reader: io.LimitReader(body, maxArchive+1), tell: i.Progress, what: r.zip, total: size}
		n, err := io.Copy(io.MultiWriter(f, h), in)
		switch {
		case err != nil:
			return err
		case n > maxArchive:
			return permanent{fmt.Errorf("%s: it has more than %d bytes", r.zipURL, maxArchive)}
		}
		got = hex.EncodeToString(h.Sum(nil))
		if err := f.Close(); err != nil {
			return permanent{err}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if got != r.sum {
		return &ChecksumError{URL: r.zipURL, Got: got, Want: r.sum}
	}
	return nil
}

// counted tells how much was read.
type counted struct {
	io.Reader
	tell        func(events.Progress)
	what        string
	done, total int64
	told        int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.done += int64(n)
	if c.tell != nil && (c.done-c.told >= 1<<20 || err == io.EOF) {
		c.told = c.done
		c.tell(events.Progress{What: c.what, Done: c.done, Total: max(c.total, 0), Unit: "bytes"})
	}
	return n, err
}

// extract takes the one file that is wanted out of an archive. Other files, wherever they want to be put, are not
// touched.
func extract(archive, url, name, path string) error {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return fmt.Errorf("%s: it is no zip archive: %w", url, err)
	}
	defer z.Close()
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		if !f.Mode().IsRegular() {
			return fmt.Errorf("%s: %q in it is no regular file", url, name)
		}
		in, err := f.Open()
		if err != nil {
			return fmt.Errorf("%s: %w", url, err)
		}
		defer in.Close()
		out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
		if err != nil {
			return err
		}
		n, err := io.Copy(out, io.LimitReader(in, maxProgram+1))
		err = errors.Join(err, out.Close())
		if err == nil && n > maxProgram {
			err = fmt.Errorf("%q in it has more than %d bytes", name, maxProgram)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", url, err)
		}
		return nil
	}
	return fmt.Errorf("%s: there is no %q in it", url, name)
}

// InstallFile puts a plugin into the folder that is a file of this machine.
func (i *Installer) InstallFile(ctx context.Context, src Source, path string) (Result, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Result{}, err
	}
	if st, err := os.Stat(path); err != nil {
		return Result{}, err
	} else if !st.Mode().IsRegular() {
		return Result{}, fmt.Errorf("%s is no file that can be a plugin", path)
	}
	d, err := i.Host.Describe(src.Name(), path)
	if err != nil {
		return Result{}, err
	}
	v, err := version.NewSemver(d.Version)
	if err != nil {
		return Result{}, fmt.Errorf("%s says that its version is %q, which is none", path, d.Version)
	}
	if p := v.Prerelease(); p != "" && p != "dev" {
		return Result{}, fmt.Errorf("%s says that its version is %q: only releases and their \"-dev\" versions can be used",
			path, d.Version)
	}
	if !speaksAPI(d.APIVersion) {
		return Result{}, fmt.Errorf("%s speaks version %s of the plugin API, which this program does not",
			path, d.APIVersion)
	}
	plain := v.Core().String()
	if v.Prerelease() != "" {
		plain += "-" + v.Prerelease()
	}
	folder := filepath.Join(i.Folder, filepath.FromSlash(src.String()))
	name := fmt.Sprintf("packer-plugin-%s_v%s_%s_%s", src.Name(), plain, d.APIVersion, thisSystem)
	bench, done, err := workbench(folder)
	if err != nil {
		return Result{}, err
	}
	defer done()
	program := filepath.Join(bench, name)
	if err := copyFile(path, program); err != nil {
		return Result{}, err
	}
	in, err := i.put(ctx, src, program, filepath.Join(folder, name))
	return Result{Plugin: in, From: path}, err
}

// put moves a program to its place, with its checksum, if it says of itself what its name says. The folder's other
// users see it with a right checksum or not at all: without one it is not run.
func (i *Installer) put(ctx context.Context, src Source, program, target string) (Installed, error) {
	sum, err := fileSum(program)
	if err != nil {
		return Installed{}, err
	}
	if err := os.WriteFile(program+sumSuffix, []byte(sum), 0o644); err != nil {
		return Installed{}, err
	}
	trial := named(program, src.String())
	if err := trial.verify(ctx, i.Host); err != nil {
		return Installed{}, err
	}
	if trial.Refused != "" {
		return Installed{}, fmt.Errorf("%s cannot be used: %s", filepath.Base(target), trial.Refused)
	}
	for _, suffix := range []string{"", sumSuffix} {
		if err := os.Rename(program+suffix, target+suffix); err != nil {
			return Installed{}, err
		}
	}
	trial.Path = target
	return trial, nil
}

// workbench makes a folder beside the place of a plugin, so that a program can be tried there and moved in one go. done
// removes it.
func workbench(folder string) (path string, done func(), err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", nil, fmt.Errorf("make plugin folder: %w", err)
	}
	path, err = os.MkdirTemp(folder, ".install-*")
	if err != nil {
		return "", nil, fmt.Errorf("make plugin folder: %w", err)
	}
	return path, func() { _ = os.RemoveAll(path) }, nil
}

// copyFile copies a program.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// sumOf is the SHA-256 sum of bytes, in hexadecimal digits.
func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
