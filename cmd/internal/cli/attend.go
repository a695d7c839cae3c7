package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/ingot-build/ingot/cmd/internal/sshto"
	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/engine/service"
)

// attend makes the person at the terminal decide about steps that fail; nil where nobody is to be asked. Without a terminal that is
// refused before anything is started.
func (o *buildOptions) attend(env *Env) (*service.Attend, *keyboard, error) {
	if o.onError != service.OnErrorAsk && o.onError != service.OnErrorShell {
		return nil, nil, nil
	}
	in, ok := env.Stdin.(*os.File)
	if !ok || !isTerminal(in) {
		return nil, nil, &usageError{
			what: fmt.Sprintf("--on-error %s needs somebody to ask", o.onError), why: "standard input is not a terminal",
			fix: "choose --on-error keep or cleanup, or start it in a terminal",
		}
	}
	if o.output == outputJSON {
		return nil, nil, &usageError{
			what: fmt.Sprintf("--on-error %s does not go with --output json", o.onError), why: "a question is for people",
			fix: "leave out one of them",
		}
	}
	keys := newKeyboard(in)
	return &service.Attend{
		ShellFirst: o.onError == service.OnErrorShell,
		Shell:      func(ctx context.Context, way service.Way) error { return openShell(ctx, in, env, keys, way) },
	}, keys, nil
}

// asks puts questions through a view.
func asks(show view.Run, keys *keyboard) func(context.Context, string) (string, error) {
	return func(ctx context.Context, question string) (string, error) {
		show.Notice(question)
		return keys.line(ctx)
	}
}

// openShell connects the terminal to a login shell in a VM, until that ends. How its last command ended is not our affair.
func openShell(ctx context.Context, in *os.File, env *Env, keys *keyboard, way service.Way) error {
	guest, err := sshto.Dial(ctx, way)
	if err != nil {
		return err
	}
	defer guest.Close()
	_, err = guest.Shell(ctx, env.terminal(in, keys), "")
	return err
}

// terminal is where the person sits whose keys are read by the keyboard. Its screen is standard error: standard output may be a file.
func (env *Env) terminal(in *os.File, keys *keyboard) sshto.Terminal {
	return sshto.Terminal{File: in, Keys: keys.reader, Out: env.Stderr, Kind: env.Getenv("TERM")}
}
