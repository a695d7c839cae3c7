package lightguest

import (
	"fmt"
	"io"
	"path"
	"strings"

	"mvdan.cc/sh/v3/expand"
)

// script runs a file that is a shell script.
func (p *process) script(name string, args []string) int {
	info, err := p.g.root.Stat(p.path(name))
	switch {
	case err != nil:
		return p.fail(127, "sh: 1: %s: not found", name)
	case info.IsDir() || info.Mode()&0o111 == 0:
		return p.fail(126, "sh: 1: %s: Permission denied", name)
	}
	data, err := p.g.root.ReadFile(p.path(name))
	if err != nil {
		return p.fail(126, "sh: 1: %s: %v", name, err)
	}
	text := string(data)
	first, _, _ := strings.Cut(text, "\n")
	if by, has := strings.CutPrefix(first, "#!"); has {
		words := strings.Fields(by)
		if len(words) > 0 && path.Base(words[0]) == "env" {
			words = words[1:]
		}
		if len(words) == 0 || path.Base(words[0]) != "sh" && path.Base(words[0]) != "bash" {
			return p.fail(126, "sh: 1: %s: the light guest has no interpreter %q", name, by)
		}
		for _, flags := range words[1:] { // "#!/bin/sh -e"
			text = "set " + flags + "\n" + text
		}
	}
	return p.g.interpret(p.ctx, text, name, args, p.env, p.dir, p.in, p.out, p.errs)
}

// sh runs its -c, a file, or what it reads.
func sh(p *process, args []string) int {
	set := ""
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "-c" && args[0] != "--" {
		if flag := args[0]; strings.HasSuffix(flag, "c") { // -ec
			set += "set " + strings.TrimSuffix(flag, "c") + "\n"
			args[0] = "-c"
			break
		}
		set += "set " + args[0] + "\n"
		args = args[1:]
	}
	switch {
	case len(args) > 1 && args[0] == "-c":
		return p.g.interpret(p.ctx, set+args[1], "sh", args[min(3, len(args)):], p.env, p.dir, p.in, p.out, p.errs)
	case len(args) > 0:
		data, err := p.g.root.ReadFile(p.path(args[0]))
		if err != nil {
			return p.fail(2, "sh: 0: cannot open %s: No such file", args[0])
		}
		return p.g.interpret(p.ctx, set+string(data), args[0], args[1:], p.env, p.dir, p.in, p.out, p.errs)
	}
	data, err := io.ReadAll(p.in)
	if err != nil {
		return p.fail(2, "sh: %v", err)
	}
	return p.g.interpret(p.ctx, set+string(data), "sh", nil, p.env, p.dir, p.in, p.out, p.errs)
}

// env runs a command with more variables; nohup is the same with none.
func env(p *process, args []string) int {
	var more []string
	for len(args) > 0 && strings.Contains(args[0], "=") {
		more, args = append(more, args[0]), args[1:]
	}
	if len(more) > 0 {
		with := *p
		var list []string
		for name, v := range p.env.Each {
			if v.Exported {
				list = append(list, name+"="+v.String())
			}
		}
		with.env = expand.ListEnviron(append(list, more...)...)
		p = &with
	}
	if len(args) > 0 {
		return p.run(args)
	}
	for name, v := range p.env.Each {
		if v.Exported {
			_, _ = fmt.Fprintf(p.out, "%s=%s\n", name, v.String())
		}
	}
	return 0
}

// sudo runs a command; everybody may everything here.
func sudo(p *process, args []string) int {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if args[0] == "-u" || args[0] == "-g" || args[0] == "-p" {
			args = args[min(1, len(args)):]
		}
		args = args[min(1, len(args)):]
	}
	return env(p, args)
}
