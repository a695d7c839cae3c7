package lightguest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

func isA(err, target error) bool { return errors.Is(err, target) }

// split takes the flags off.
func split(args []string) (flags string, names []string) {
	for i, a := range args {
		if a == "--" {
			return flags, append(names, args[i+1:]...)
		}
		if strings.HasPrefix(a, "-") && len(a) > 1 {
			flags += strings.TrimLeft(a, "-")
			continue
		}
		names = append(names, a)
	}
	return flags, names
}

func cat(p *process, args []string) int {
	_, names := split(args)
	if len(names) == 0 {
		_, _ = io.Copy(p.out, p.in)
		return 0
	}
	for _, name := range names {
		data, err := p.g.root.ReadFile(p.path(name))
		if err != nil {
			return p.fail(1, "cat: %s: %s", name, why(err))
		}
		_, _ = p.out.Write(data)
	}
	return 0
}

func tee(p *process, args []string) int {
	flags, names := split(args)
	data, err := io.ReadAll(p.in)
	if err != nil {
		return p.fail(1, "tee: %v", err)
	}
	_, _ = p.out.Write(data)
	how := os.O_TRUNC
	if strings.Contains(flags, "a") {
		how = os.O_APPEND
	}
	for _, name := range names {
		f, err := p.g.root.OpenFile(p.path(name), os.O_CREATE|os.O_WRONLY|how, 0o644)
		if err != nil {
			return p.fail(1, "tee: %s: %s", name, why(err))
		}
		_, err = f.Write(data)
		if err := errors.Join(err, f.Close()); err != nil {
			return p.fail(1, "tee: %s: %s", name, why(err))
		}
	}
	return 0
}

// chmod takes numbers, and "+x" and its like, which it makes 0755 of.
func chmod(p *process, args []string) int {
	_, names := split(args)
	if len(names) < 2 {
		return p.fail(1, "chmod: missing operand")
	}
	mode := fs.FileMode(0o755)
	if n, err := strconv.ParseUint(names[0], 8, 12); err == nil {
		mode = fs.FileMode(n & 0o777)
	} else if !strings.Contains(names[0], "+") {
		mode = 0o644
	}
	for _, name := range names[1:] {
		if err := p.g.root.Chmod(p.path(name), mode|0o600); err != nil {
			return p.fail(1, "chmod: cannot access '%s': %s", name, why(err))
		}
	}
	return 0
}

func rm(p *process, args []string) int {
	flags, names := split(args)
	for _, name := range names {
		at := p.path(name)
		info, err := p.g.root.Lstat(at)
		switch {
		case err != nil && strings.Contains(flags, "f"):
			continue
		case err != nil:
			return p.fail(1, "rm: cannot remove '%s': %s", name, why(err))
		case at == ".":
			return p.fail(1, "rm: it is dangerous to operate recursively on '/'")
		case info.IsDir() && !strings.ContainsAny(flags, "rR"):
			return p.fail(1, "rm: cannot remove '%s': Is a directory", name)
		}
		if err := p.g.root.RemoveAll(at); err != nil {
			return p.fail(1, "rm: cannot remove '%s': %s", name, why(err))
		}
	}
	return 0
}

func mkdir(p *process, args []string) int {
	flags, names := split(args)
	for _, name := range names {
		make := p.g.root.Mkdir
		if strings.Contains(flags, "p") {
			make = p.g.root.MkdirAll
		}
		if err := make(p.path(name), 0o755); err != nil {
			return p.fail(1, "mkdir: cannot create directory '%s': %s", name, why(err))
		}
	}
	return 0
}

func touch(p *process, args []string) int {
	_, names := split(args)
	for _, name := range names {
		f, err := p.g.root.OpenFile(p.path(name), os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return p.fail(1, "touch: cannot touch '%s': %s", name, why(err))
		}
		_ = f.Close()
	}
	return 0
}

func ls(p *process, args []string) int {
	_, names := split(args)
	if len(names) == 0 {
		names = []string{"."}
	}
	for _, name := range names {
		info, err := p.g.root.Stat(p.path(name))
		if err != nil {
			return p.fail(2, "ls: cannot access '%s': %s", name, why(err))
		}
		if !info.IsDir() {
			_, _ = fmt.Fprintln(p.out, name)
			continue
		}
		entries, err := fs.ReadDir(p.g.root.FS(), p.path(name))
		if err != nil {
			return p.fail(2, "ls: cannot open directory '%s': %s", name, why(err))
		}
		for _, e := range entries {
			_, _ = fmt.Fprintln(p.out, e.Name())
		}
	}
	return 0
}
