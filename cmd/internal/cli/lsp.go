package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/config"
	"github.com/ingot-build/ingot/cmd/internal/lsp"
	"github.com/ingot-build/ingot/cmd/internal/shellcheck"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/script"
)

func newLSP(env *Env) *cobra.Command {
	var logLevel string
	var stdio bool
	cmd := &cobra.Command{
		Use:   "lsp",
		Short: "serve an editor: findings, explanations, completion and fixes while you write",
		Long: `Speak the Language Server Protocol over standard input and output. Editors start this command themselves; docs/editor.md has
the settings for VS Code and Neovim.

Every JSON file with an image template in it is looked at as validate does, with the settings of ingot.hcl; other
files are left alone. Nothing is written anywhere, and nothing is fetched.`,
		Example: `  ingot lsp
  ingot lsp --log-level debug 2> lsp.log`,
		Args: args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			logger, err := lspLogger(env, logLevel)
			if err != nil {
				return err
			}
			return serveEditor(cmd.Context(), env, logger)
		},
	}
	cmd.Flags().StringVar(&logLevel, "log-level", "", "write a log of this `level` to standard error: debug, info, warn or error")
	cmd.Flags().BoolVar(&stdio, "stdio", true, "use standard input and output, as is always done; many editors add this flag")
	_ = cmd.RegisterFlagCompletionFunc("log-level", // the flag exists
		cobra.FixedCompletions([]string{"debug", "info", "warn", "error"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// lspLogger gives the log that the flag asks for; none without it, since some editors show what is on standard error as an error.
func lspLogger(env *Env, level string) (*slog.Logger, error) {
	if level == "" {
		return slog.New(slog.DiscardHandler), nil
	}
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, &usageError{what: fmt.Sprintf("--log-level %q is unknown", level), fix: "known: debug, info, warn, error"}
	}
	return slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: l})), nil
}

func serveEditor(ctx context.Context, env *Env, logger *slog.Logger) error {
	e := editorCheck{env, shellcheck.New(runcmd.Host{})}
	err := lsp.Serve(ctx, env.Stdin, env.Stdout, lsp.Options{Check: e.check, Version: readBuildInfo().Version, Log: logger})
	if errors.Is(err, lsp.ErrNoShutdown) {
		logger.Error(err.Error())
		return &shownError{ExitFailed}
	}
	return err
}

// editorCheck does what validate does, with one text.
type editorCheck struct {
	env     *Env
	checker *shellcheck.Checker
}

func (e editorCheck) check(ctx context.Context, file string, data []byte) (diag.List, map[string][]byte) {
	// New ones each time: somebody may be writing an ingot.hcl, or a script.
	var finder config.Finder
	var settings config.Settings
	if f, err := finder.Find(file); err == nil { // without a current folder there is none to be found
		settings = f.For(file)
	}
	var o selectOptions
	sel := o.selection(settings)
	scripts := newScriptFinder(e.env.Getenv).of(file, settings.Scripts)
	src := translate.Source{File: file, Data: data}
	checked, list := translate.Validate(src, translate.Options{
		Target: settings.Target,
		Ignore: func(code diag.Code) bool { return !sel.wants(code) },
		Check:  check.Options{Script: scripts.read, Skip: func(r check.Rule) bool { return !sel.wants(r.Code) }},
	})
	list.Add(scripts.tooLarge(checked)...)
	var all []*script.Script
	others := map[string][]byte{}
	for _, c := range checked {
		all = append(all, c.Scripts...)
		for _, s := range c.Scripts {
			if name := s.File(); name != "" && name != file {
				others[name] = s.Source()
			}
		}
	}
	if settings.Shellcheck != shellcheck.Off && sel.wants(translate.CodeShellcheck) {
		// Not even a setting that requires the program may keep an editor from showing the rest.
		if more, err := e.checker.Check(ctx, all, list, false); err == nil {
			list.Add(more...)
		}
	}
	list.Sort()
	list = sel.filter(list)
	return translate.FindSecrets([]translate.Source{src}, nil).Redact(list), others
}
