package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/fromhcl"
	"github.com/ingot-build/ingot/translate/schema"
)

type importOptions struct {
	path        string
	out, source string
	name, to    string
	vars        []string
	force       bool
}

// packerSuffix is how the files of a Packer template end.
const packerSuffix = ".pkr.hcl"

func newImport(env *Env) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import FILE|FOLDER",
		Short: "make an image template of a Packer template",
		Long: `Print the image template that a Packer template with an azure-arm source corresponds to, in a deployment template with a parameter
for each variable; or, with -o, write it to a file. What has no counterpart in an image template, and what the service does
otherwise, is listed with its place.

A folder stands for the *.pkr.hcl files in it. Nothing is downloaded, and no plugin is asked.`,
		Example: `  ingot import image.pkr.hcl
  ingot import packer/ -o web.json --var version=1.2.3
  ingot import packer/ --source web --name web`,
		Args:              args("FILE|FOLDER"),
		ValidArgsFunction: cobra.FixedCompletions([]string{"hcl"}, cobra.ShellCompDirectiveFilterFileExt),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.path = args[0]
			return runImport(cmd.Context(), env, o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.out, "out", "o", "", "`file` to write the image template to")
	f.BoolVar(&o.force, "force", false, "replace that file")
	f.StringVar(&o.source, "source", "", "`name` of the azure-arm source, when there are several")
	f.StringVar(&o.name, "name", "", "`name` of the image template; else that of the build, or of the source")
	f.StringArrayVar(&o.vars, "var", nil, "`NAME=VALUE` of a variable: it is written as a value, and no parameter")
	versions := schema.Versions()
	f.StringVar(&o.to, "api-version", versions[len(versions)-1], "`api-version` of the image template")
	_ = cmd.RegisterFlagCompletionFunc("api-version", cobra.FixedCompletions(versions, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	return cmd
}

func runImport(ctx context.Context, env *Env, o importOptions) error {
	if !schema.Known(o.to) {
		return &usageError{what: fmt.Sprintf("api-version %q was never published", o.to), fix: diag.KnownNames(o.to, schema.Versions())}
	}
	if o.out == "" && o.force {
		return &usageError{what: "--force has no meaning without -o", fix: "name the file with -o, or leave out --force"}
	}
	vars := map[string]string{}
	for _, v := range o.vars {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return &usageError{what: fmt.Sprintf("--var %q is not NAME=VALUE", v)}
		}
		vars[name] = value
	}
	folder, files, err := packerFiles(o.path)
	if err != nil {
		return err
	}
	options := fromhcl.Options{Name: o.name, Source: o.source, Vars: vars, APIVersion: o.to, Read: readBelow(folder)}
	if o.out != "" {
		if rel, err := filepath.Rel(filepath.Dir(o.out), folder); err == nil {
			options.Folder = filepath.ToSlash(rel)
		}
	} else {
		options.Folder = filepath.ToSlash(folder)
	}
	var text []byte
	list, err := await(ctx, func() (list diag.List, err error) {
		text, list = fromhcl.Import(files, options)
		return list, nil
	})
	if err != nil {
		return err
	}
	sources := view.Sources{}
	maps.Copy(sources, files)
	if list.HasErrors() {
		return &findingsError{list: list, sources: sources}
	}
	if err := view.Diagnostics(env.Stderr, env.palette(env.Stderr), list, sources); err != nil {
		return err
	}
	if o.out == "" {
		_, err := env.Stdout.Write(text)
		return err
	}
	if err := writeNew(o.out, text, o.force); err != nil {
		return err
	}
	return env.say(fmt.Sprintf("image template written to %s", view.Line(o.out)))
}

// maxPackerFile bounds what is read of one file, in bytes. A Packer template is written by people.
const maxPackerFile = 16 << 20

// packerFiles reads the Packer template at a path: a file, or all of a folder.
func packerFiles(name string) (folder string, files map[string][]byte, err error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", nil, noTemplate(name, err)
	}
	names := []string{name}
	if folder = filepath.Dir(name); info.IsDir() {
		folder = name
		entries, err := os.ReadDir(name)
		if err != nil {
			return "", nil, err
		}
		names = nil
		for _, e := range entries {
			switch file := filepath.Join(name, e.Name()); {
			case strings.HasSuffix(file, packerSuffix):
				names = append(names, file)
			case strings.HasSuffix(file, ".pkr.json"), strings.Contains(e.Name(), ".auto.pkrvars."):
				return "", nil, &usageError{what: fmt.Sprintf("%q is a part of the Packer template that import does not read", file),
					why: "it reads *" + packerSuffix + ", and values from --var", fix: "name one *" + packerSuffix + " file, or move it away"}
			}
		}
		if len(names) == 0 {
			return "", nil, &usageError{what: fmt.Sprintf("folder %q has no %s file", name, packerSuffix), why: "that is how Packer templates are named"}
		}
	}
	files = map[string][]byte{}
	for _, name := range slices.Sorted(slices.Values(names)) {
		f, err := regular(os.OpenFile(name, readOnly, 0))
		if err != nil {
			return "", nil, fmt.Errorf("read Packer template %s: %w", name, err)
		}
		data, err := io.ReadAll(io.LimitReader(f, maxPackerFile+1))
		f.Close()
		switch {
		case err != nil:
			return "", nil, fmt.Errorf("read Packer template %s: %w", name, err)
		case len(data) > maxPackerFile:
			return "", nil, &usageError{what: fmt.Sprintf("%q has more than %s", name, sized(maxPackerFile)), why: "that is no Packer template"}
		}
		files[name] = data
	}
	return folder, files, nil
}

// readBelow reads files of a folder; links that lead out of it are not followed, since a Packer template may come from anybody.
func readBelow(folder string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		root, err := os.OpenRoot(folder)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		f, err := regular(root.OpenFile(filepath.FromSlash(name), readOnly, 0))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, maxScript))
	}
}

// writeNew writes a file that does not exist yet, or replaces it.
func writeNew(name string, text []byte, replace bool) error {
	err := createFile(name, text)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if !replace {
		return &usageError{what: fmt.Sprintf("file %q exists", name), fix: "replace it with --force, or name another one"}
	}
	path, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() { // /dev/stdout and the like
		return os.WriteFile(path, text, 0o644)
	}
	return putFile(path, text, info.Mode().Perm())
}
