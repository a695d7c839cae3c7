package cli

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/cmd/internal/watch"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/translate/plan"
)

// watched is what a build is made of, as it was at one moment.
type watched struct {
	t     *translated
	files []string // of this machine, that the template was read from and that its steps name
	sum   [sha256.Size]byte
}

// look reads the template anew, and has all watched that it leads to before that is read. An error does not end the watching: the files
// in the result are those to watch even then.
func (o *buildOptions) look(ctx context.Context, env *Env, w *watch.Watcher, before *watched) (*watched, error) {
	now := &watched{files: o.inputs()}
	if before != nil {
		now.files = union(now.files, before.files)
	}
	if err := w.Files(now.files); err != nil {
		return now, err
	}
	var err error
	if now.t, err = o.translate(ctx, env, o.site.target()); err != nil {
		return now, err
	}
	scripts := o.scripts(now.t.plan)
	if now.t.plan != nil { // else it is not known what it leads to: what it did lead to is a good guess
		now.files = union(o.inputs(), now.t.read(), scripts)
	}
	if err := w.Files(now.files); err != nil {
		return now, err
	}
	if err := now.t.err(); err != nil {
		return now, err
	}
	now.sum, err = fingerprint(now.t.plan, scripts)
	return now, err
}

// union sorts names, and has each once.
func union(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}

// inputs lists the files that were named on the command line.
func (o *inputOptions) inputs() []string {
	list := append([]string{o.file}, o.paramFiles...)
	if o.place.context != "" {
		list = append(list, o.place.context)
	}
	return list
}

// read lists the files of this machine that the template was read from: linked ones, too.
func (t *translated) read() []string {
	var list []string
	for name := range t.sources {
		if name != stdinName && !strings.Contains(name, "://") {
			list = append(list, name)
		}
	}
	return list
}

// scripts lists the files of this machine that steps of a plan name. p may be nil.
func (o *buildOptions) scripts(p *plan.Plan) []string {
	dir, err := filepath.Abs(filepath.Dir(o.file))
	if err != nil || p == nil {
		return nil
	}
	where := resolve.Options{TemplateDir: dir, Policy: o.stage.policy}
	var list []string
	for _, c := range p.Contents() {
		if c.URI == "" {
			continue
		}
		if name, ok := where.LocalFile(c.URI); ok {
			list = append(list, name)
		}
	}
	return union(list)
}

// fingerprint sums up what a build is made of. A file that cannot be read counts like one that is not there: the build says what is wrong
// with it.
func fingerprint(p *plan.Plan, files []string) (sum [sha256.Size]byte, err error) {
	text, err := plan.Encode(p)
	if err != nil {
		return sum, err
	}
	h := sha256.New()
	_, _ = h.Write(text) // a hash takes everything
	for _, name := range files {
		fmt.Fprintf(h, "\x00%s\x00", name)
		if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
			continue // a pipe would never end
		}
		if f, err := os.Open(name); err == nil {
			_, _ = io.Copy(h, f)
			_ = f.Close()
		}
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
