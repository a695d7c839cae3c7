package lightguest

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"
)

// process is a command that runs.
type process struct {
	g    *guest
	ctx  context.Context
	dir  string
	env  expand.Environ
	in   io.Reader
	out  io.Writer
	errs io.Writer
}

// commands are those that the guest has, beside what is built into its shell. The arguments are without the name.
var commands map[string]func(*process, []string) int

func init() { // sudo and env look commands up themselves
	commands = map[string]func(*process, []string) int{
		"cat": cat, "chmod": chmod, "chown": none, "cp": cp, "date": date, "env": env, "hostname": hostname, "id": id, "ls": ls,
		"mkdir": mkdir, "mv": mv, "nohup": env, "reboot": reboot, "rm": rm, "shutdown": reboot, "sleep": sleep, "sudo": sudo,
		"sync": none, "tee": tee, "touch": touch, "uname": uname, "waagent": waagent, "whoami": whoami, "sh": sh, "bash": sh,
		whichName: which, "cloud-init": none, "chgrp": none, "mktemp": mktemp, "timeout": timeout,
	}
}

// run finds a command and runs it.
func (p *process) run(args []string) int {
	name := args[0]
	if strings.Contains(name, "/") {
		if c := commands[path.Base(name)]; c != nil && slices.Contains([]string{"/usr/sbin", "/sbin", "/usr/bin", "/bin"},
			path.Dir(name)) {
			return c(p, args[1:])
		}
		return p.script(name, args[1:])
	}
	if c := commands[name]; c != nil {
		return c(p, args[1:])
	}
	return p.fail(127, "sh: 1: %s: not found", name)
}

func (p *process) fail(code int, format string, args ...any) int {
	_, _ = fmt.Fprintf(p.errs, format+"\n", args...)
	return code
}

func (p *process) path(name string) string { return inside(p.dir, name) }

// waagent -deprovision+user removes the account, as on a real machine: nobody signs in after that.
func waagent(p *process, args []string) int {
	if !slices.ContainsFunc(args, func(a string) bool { return strings.Contains(a, "deprovision") }) {
		return none(p, args)
	}
	_, _ = fmt.Fprintln(p.out, "WARNING! The waagent service will be stopped.\nWARNING! Cached DHCP leases will be "+
		"deleted.")
	if err := p.g.root.WriteFile("etc/passwd", []byte("root:x:0:0::/root:/bin/sh\n"), 0o644); err != nil {
		return p.fail(1, "waagent: %v", err)
	}
	_ = p.g.root.RemoveAll("home/" + p.g.about.User)
	return 0
}

func reboot(*process, []string) int { return exitReboot }

func none(*process, []string) int { return 0 }

func sleep(p *process, args []string) int {
	if len(args) == 0 {
		return p.fail(1, "sleep: missing operand")
	}
	seconds, err := strconv.ParseFloat(strings.TrimSuffix(args[0], "s"), 64)
	if err != nil {
		return p.fail(1, "sleep: invalid time interval %q", args[0])
	}
	timer := time.NewTimer(time.Duration(seconds * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return 0
	case <-p.ctx.Done():
		return 130
	}
}

func date(p *process, args []string) int {
	layout := time.UnixDate
	if len(args) > 0 && args[len(args)-1] == "+%s" {
		_, _ = fmt.Fprintln(p.out, time.Now().Unix())
		return 0
	}
	_, _ = fmt.Fprintln(p.out, time.Now().UTC().Format(layout))
	return 0
}

func hostname(p *process, _ []string) int { return cat(p, []string{"/etc/hostname"}) }

func whoami(p *process, _ []string) int {
	_, _ = fmt.Fprintln(p.out, p.g.about.User)
	return 0
}

func id(p *process, args []string) int {
	if slices.Contains(args, "-u") {
		_, _ = fmt.Fprintln(p.out, 0)
		return 0
	}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		if data, err := p.g.root.ReadFile("etc/passwd"); err != nil || !strings.Contains("\n"+string(data), "\n"+args[0]+":") {
			return p.fail(1, "id: %q: no such user", args[0])
		}
		_, _ = fmt.Fprintln(p.out, args[0])
		return 0
	}
	return whoami(p, args)
}

func uname(p *process, args []string) int {
	if slices.Contains(args, "-a") {
		_, _ = fmt.Fprintf(p.out, "Linux %s 0.0.0-lightguest x86_64 GNU/Linux\n", p.g.about.Name)
		return 0
	}
	_, _ = fmt.Fprintln(p.out, map[string]string{"-m": "x86_64", "-r": "0.0.0-lightguest",
		"-n": p.g.about.Name}[strings.Join(args, "")]+
		map[bool]string{true: "Linux"}[len(args) == 0 || args[0] == "-s"])
	return 0
}

func mktemp(p *process, args []string) int {
	name := fmt.Sprintf("/tmp/tmp.%d", time.Now().UnixNano())
	if slices.Contains(args, "-d") {
		if err := p.g.root.Mkdir(p.path(name), 0o700); err != nil {
			return p.fail(1, "mktemp: %v", err)
		}
	} else if err := p.g.root.WriteFile(p.path(name), nil, 0o600); err != nil {
		return p.fail(1, "mktemp: %v", err)
	}
	_, _ = fmt.Fprintln(p.out, name)
	return 0
}
