package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/edit"
	"github.com/ingot-build/ingot/translate/migrate"
	"github.com/ingot-build/ingot/translate/schema"
)

type migrateOptions struct {
	inputOptions
	to   string
	diff bool
}

func newMigrate(env *Env) *cobra.Command {
	var o migrateOptions
	cmd := &cobra.Command{
		Use:   "migrate TEMPLATE",
		Short: "bring an image template to another api-version",
		Long: `Rewrite the image templates of a file, all or the one with --name, for another api-version: names that were changed, and the
api-version itself. Everything else in the file stays as it is, with its blanks and comments. What has no counterpart in that
version, or comes out of an expression, is left alone and listed: a person has to decide.

The file is replaced at once or not at all. With "-", the template is read from standard input and written to standard output.

` + templateHelp,
		Example: `  ingot migrate web.json --diff              # show what would be changed, to the newest api-version
  ingot migrate web.json --to 2024-02-01
  ingot migrate - --to 2024-02-01 < old.json > new.json`,
		Args:              args("TEMPLATE"),
		ValidArgsFunction: completeJSON,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runMigrate(cmd.Context(), env, o)
		},
	}
	o.addFlags(cmd)
	versions := schema.Versions()
	cmd.Flags().StringVar(&o.to, "to", versions[len(versions)-1], "`api-version` to bring it to")
	cmd.Flags().BoolVar(&o.diff, "diff", false, "show what would be changed, and change nothing")
	_ = cmd.RegisterFlagCompletionFunc("to", cobra.FixedCompletions(versions, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	return cmd
}

func runMigrate(ctx context.Context, env *Env, o migrateOptions) error {
	if !schema.Known(o.to) {
		return &usageError{what: fmt.Sprintf("api-version %q was never published", o.to), fix: diag.KnownNames(o.to, schema.Versions())}
	}
	in, err := o.read(ctx, env)
	if err != nil {
		return err
	}
	t := &translated{file: in.template.File, list: in.refused, sources: in.sources}
	if !t.list.HasErrors() {
		t.list, err = await(ctx, func() (diag.List, error) {
			loaded, list := translate.Load(in.template, in.options)
			if list.HasErrors() {
				return list, nil
			}
			var templates []*armjson.Node
			for _, it := range loaded.ImageTemplates {
				templates = append(templates, it.Node)
			}
			return migrate.Migrate(templates, o.to, in.sources), nil
		})
		if err != nil {
			return err
		}
	}
	t.list = in.hideSecrets(t.list)
	if err := t.err(); err != nil {
		return err
	}

	// Only the template is rewritten: parameter files and linked templates may belong to others too.
	file, before := in.template.File, in.template.Data
	after, mended := edit.Apply(file, before, t.list)
	var left diag.List
	for _, d := range t.list {
		if len(d.Edits) == 0 || d.Subject.File != file {
			left.Add(d)
		}
	}
	if err := view.Diagnostics(env.Stderr, env.palette(env.Stderr), left, t.sources); err != nil {
		return err
	}
	switch {
	case o.diff:
		return showDiff(env.Stdout, env.palette(env.Stdout), file, before, after)
	case o.file == "-":
		_, err := env.Stdout.Write(after)
		return err
	case len(mended) > 0:
		if err := replaceFile(file, before, after); err != nil {
			return err
		}
	}
	return migrated(env.Stdout, file, o.to, len(mended), len(left))
}

// migrated says what was done: "web.json: 3 changes for api-version 2024-02-01; 1 thing is left for you".
func migrated(w io.Writer, file, to string, mended, left int) error {
	text := fmt.Sprintf("%s: %s for api-version %s", view.Line(file), count(mended, "change"), to)
	if mended == 0 {
		text = fmt.Sprintf("%s: nothing to rewrite for api-version %s", view.Line(file), to)
	}
	if left == 1 {
		text += "; 1 thing is left for you"
	} else if left > 0 {
		text += fmt.Sprintf("; %d things are left for you", left)
	}
	_, err := fmt.Fprintln(w, text)
	return err
}
