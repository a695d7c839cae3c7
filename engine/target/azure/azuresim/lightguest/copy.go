package lightguest

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// into is where a source goes: into a folder that is there, or to the very name.
func (p *process) into(from, to string) string {
	if info, err := p.g.root.Stat(p.path(to)); err == nil && info.IsDir() {
		return path.Join(p.path(to), path.Base(from))
	}
	return p.path(to)
}

func mv(p *process, args []string) int {
	_, names := split(args)
	if len(names) != 2 {
		return p.fail(1, "mv: takes a source and a destination here")
	}
	if err := p.g.root.Rename(p.path(names[0]), p.into(names[0], names[1])); err != nil {
		return p.fail(1, "mv: cannot move '%s': %s", names[0], why(err))
	}
	return 0
}

func cp(p *process, args []string) int {
	flags, names := split(args)
	if len(names) != 2 {
		return p.fail(1, "cp: takes a source and a destination here")
	}
	from, to := p.path(names[0]), p.into(names[0], names[1])
	err := fs.WalkDir(p.g.root.FS(), from, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := path.Join(to, strings.TrimPrefix(at, from))
		if d.IsDir() {
			if !slices.Contains([]string{"r", "R", "a"}, strings.Trim(flags, "fvp")) {
				return errors.New("is a directory")
			}
			return p.g.root.MkdirAll(target, 0o755)
		}
		data, err := p.g.root.ReadFile(at)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return p.g.root.WriteFile(target, data, info.Mode().Perm())
	})
	if err != nil {
		return p.fail(1, "cp: cannot copy '%s': %s", names[0], why(err))
	}
	return 0
}

// why is an error without the path that the host knows it by.
func why(err error) string {
	switch {
	case err == nil:
		return ""
	case isA(err, fs.ErrNotExist):
		return "No such file or directory"
	case isA(err, fs.ErrExist):
		return "File exists"
	case isA(err, fs.ErrPermission):
		return "Permission denied"
	}
	return "cannot be done"
}
