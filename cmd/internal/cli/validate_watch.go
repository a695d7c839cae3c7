package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/ingot-build/ingot/cmd/internal/config"
	"github.com/ingot-build/ingot/cmd/internal/gather"
	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/watch"
)

// watch checks again whenever a file changes. It ends without an error when ctx does: that is how one leaves it.
func (v *validator) watch(ctx context.Context) error {
	w, err := watch.New()
	if err != nil {
		return err
	}
	defer w.Close()
	for {
		// Before the check, so that what changes during it is seen.
		folders := v.folders()
		if err := w.Folders(slices.Collect(maps.Keys(folders))); err != nil {
			return err
		}
		if isTerminal(v.env.Stdout) {
			if _, err := fmt.Fprint(v.env.Stdout, view.ClearScreen); err != nil {
				return err
			}
		}
		switch err := v.run(ctx); {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, syscall.EPIPE):
			return err
		default: // shown like everywhere; what is wrong may be mended in a moment
			v.env.report(ctx, err)
		}
		if err := v.env.say(fmt.Sprintf("watching %s; Ctrl-C ends", count(len(folders), "folder"))); err != nil {
			return err
		}
		if again, err := w.WaitFor(ctx, v.matters); !again {
			return err
		}
	}
}

// matters reports whether a change can change what is found.
func (v *validator) matters(name string) bool {
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		return !gather.Skipped(filepath.Base(name))
	}
	// What goes into a file is no reason to write it again.
	for _, stream := range []any{v.env.Stdout, v.env.Stderr} {
		if f, ok := stream.(*os.File); ok && err == nil {
			if own, err := f.Stat(); err == nil && os.SameFile(own, info) {
				return false
			}
		}
	}
	name = filepath.Clean(name)
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json", ".jsonc", ".sh", ".ps1":
		return true
	}
	for _, a := range v.args {
		if a.Named() && filepath.Clean(a.Text) == name {
			return true
		}
	}
	for _, file := range append(v.o.paramFiles, v.o.place.context) {
		if file != "" && filepath.Clean(file) == name {
			return true
		}
	}
	_, inScripts := below(v.o.scripts, absolute(name))
	return filepath.Base(name) == config.Name || inScripts
}

func absolute(name string) string {
	full, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	return full
}

// folders lists the folders to watch.
func (v *validator) folders() map[string]bool {
	all := map[string]bool{}
	for _, a := range v.args {
		folder, deep := a.Folder()
		addFolder(all, folder, deep)
		if c, err := new(config.Finder).Find(filepath.Join(folder, config.Name)); err == nil && c != nil {
			all[filepath.Dir(c.Name)] = true
		}
	}
	for _, file := range append(v.o.paramFiles, v.o.place.context) {
		if file != "" {
			addFolder(all, filepath.Dir(file), false)
		}
	}
	if v.o.scripts != "" {
		addFolder(all, v.o.scripts, true)
	}
	return all
}

// addFolder adds a folder, and with deep those below it. What cannot be read is left to the check.
func addFolder(all map[string]bool, folder string, deep bool) {
	all[filepath.Clean(folder)] = true
	if !deep {
		return
	}
	_ = filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case d.IsDir() && name != folder && gather.Skipped(d.Name()):
			return fs.SkipDir
		case d.IsDir():
			all[name] = true
		}
		return nil
	})
}
