package lightguest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// exitReboot is what a command ends with that turns the machine off and on: no shell has it.
const exitReboot = -1

// errReboot ends a script that restarts the machine.
var errReboot = errors.New("the machine restarts")

// shell runs a text as a shell does, and gives its exit code.
func (g *guest) shell(ctx context.Context, text string, in io.Reader, out, errs io.Writer) int {
	home := "/home/" + g.about.User
	env := expand.ListEnviron("PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME="+home, "USER="+g.about.User,
		"LOGNAME="+g.about.User, "SHELL=/bin/sh", "LANG=C.UTF-8", "HOSTNAME="+g.about.Name)
	return g.interpret(ctx, text, "sh", nil, env, "/", in, out, errs)
}

// interpret runs a script with arguments.
func (g *guest) interpret(ctx context.Context, text, name string, args []string, env expand.Environ, dir string,
	in io.Reader, out, errs io.Writer) int {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), name)
	if err != nil {
		_, _ = fmt.Fprintf(errs, "sh: %v\n", err)
		return 2
	}
	runner, err := interp.New(
		interp.StdIO(in, out, errs), interp.Env(env), interp.Params(append([]string{"--"}, args...)...),
		interp.OpenHandler(g.open), interp.StatHandler(g.stat), interp.ReadDirHandler2(g.readDir), interp.AccessHandler(g.access),
		interp.CallHandler(lookHere),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return g.exec }),
	)
	if err != nil {
		_, _ = fmt.Fprintf(errs, "sh: %v\n", err)
		return 126
	}
	runner.Dir = dir
	err = runner.Run(ctx, file)
	var status interp.ExitStatus
	switch {
	case errors.Is(err, errReboot):
		return exitReboot
	case errors.As(err, &status):
		return int(status)
	case err != nil:
		_, _ = fmt.Fprintf(errs, "sh: %v\n", err)
		return 1
	}
	return 0
}

// inside is a path of the guest as os.Root takes it. A root that is left by a link is an error of os.Root's.
func inside(dir, name string) string {
	if !path.IsAbs(name) {
		name = path.Join(dir, name)
	}
	if p := strings.TrimPrefix(path.Clean(name), "/"); p != "" {
		return p
	}
	return "."
}

func (g *guest) open(ctx context.Context, name string, flag int, perm os.FileMode) (io.ReadWriteCloser, error) {
	if name == os.DevNull {
		return devNull{}, nil
	}
	return g.root.OpenFile(inside(interp.HandlerCtx(ctx).Dir, name), flag, perm)
}

func (g *guest) stat(ctx context.Context, name string, follow bool) (fs.FileInfo, error) {
	at := inside(interp.HandlerCtx(ctx).Dir, name)
	if follow {
		return g.root.Stat(at)
	}
	return g.root.Lstat(at)
}

func (g *guest) readDir(ctx context.Context, name string) ([]fs.DirEntry, error) {
	return fs.ReadDir(g.root.FS(), inside(interp.HandlerCtx(ctx).Dir, name))
}

func (g *guest) access(ctx context.Context, name string, mode interp.AccessMode) error {
	info, err := g.root.Stat(inside(interp.HandlerCtx(ctx).Dir, name))
	if err == nil && mode&interp.AccessExec != 0 && !info.IsDir() && info.Mode()&0o111 == 0 {
		return fs.ErrPermission
	}
	return err
}

// devNull is /dev/null.
type devNull struct{}

func (devNull) Read([]byte) (int, error)       { return 0, io.EOF }
func (devNull) Write(data []byte) (int, error) { return len(data), nil }
func (devNull) Close() error                   { return nil }

// exec runs a command: one that the guest has, or a script on its disk.
func (g *guest) exec(ctx context.Context, args []string) error {
	hc := interp.HandlerCtx(ctx)
	p := &process{g: g, ctx: ctx, dir: hc.Dir, env: hc.Env, in: hc.Stdin, out: hc.Stdout, errs: hc.Stderr}
	code := p.run(args)
	switch {
	case code == exitReboot:
		return errReboot
	case code != 0:
		return interp.ExitStatus(code)
	}
	return nil
}
