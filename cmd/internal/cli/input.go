package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// maxTemplate bounds what is read as a template. Azure takes deployment templates of up to 4 MB.
const maxTemplate = 16 << 20

// stdinName is how messages name a template that came through a pipe.
const stdinName = "<stdin>"

// inputOptions say which image template is meant.
type inputOptions struct {
	file      string   // as typed; "-" is standard input
	params    []string // name=value
	paramFile string
	name      string
}

func (o *inputOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVarP(&o.params, "param", "p", nil, "value of a parameter as `name=value`; may be repeated; wins over --param-file")
	f.StringVar(&o.paramFile, "param-file", "", "deployment parameter `file` with values")
	f.StringVar(&o.name, "name", "", "which image template, when the file has several")
}

// templateHelp is the part of the help text that validate, translate and build share.
const templateHelp = `TEMPLATE is a JSON file: an image template as sent to the service, or a deployment template with image
templates among its resources. "-" reads standard input.`

// translated is an image template as far as it can be understood without looking at the world.
type translated struct {
	plan    *plan.Plan // nil when the list has errors
	list    diag.List
	file    string // as messages name it
	sources view.Sources
}

// err gives the findings as an error if there are any that stop the command.
func (t *translated) err() error {
	if t.list.HasErrors() {
		return &findingsError{list: t.list, sources: t.sources}
	}
	return nil
}

// translate reads the template and makes its plan. The error is about the command line or reading; findings are in the result.
func (o *inputOptions) translate(env *Env) (*translated, error) {
	values, err := parameters(o.params)
	if err != nil {
		return nil, err
	}
	t := &translated{file: o.file, sources: view.Sources{}}
	if o.file == "-" {
		t.file = stdinName
	}
	data, err := readTemplate(env.Stdin, o.file)
	if err != nil {
		return nil, err
	}
	t.sources[t.file] = data
	opts := translate.Options{Parameters: values, Name: o.name}
	if o.paramFile != "" {
		data, err := readTemplate(nil, o.paramFile)
		if err != nil {
			return nil, err
		}
		t.sources[o.paramFile] = data
		opts.ParameterFile = &translate.Source{File: o.paramFile, Data: data}
	}
	t.plan, t.list = translate.Translate(translate.Source{File: t.file, Data: data}, opts)
	return t, nil
}

// parameters reads the values of --param.
func parameters(given []string) (map[string]string, error) {
	values := map[string]string{}
	for _, p := range given {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, &usageError{what: fmt.Sprintf("--param %q has no name and value", p), fix: "write it as --param name=value"}
		}
		if _, twice := values[name]; twice {
			return nil, &usageError{what: fmt.Sprintf("--param %s is given twice", name), fix: "remove one of them"}
		}
		values[name] = value
	}
	return values, nil
}

func readTemplate(stdin io.Reader, file string) ([]byte, error) {
	src := stdin
	if file != "-" || stdin == nil {
		f, err := os.Open(file)
		if err != nil {
			return nil, noTemplate(file, err)
		}
		defer f.Close()
		src = f
	}
	data, err := io.ReadAll(io.LimitReader(src, maxTemplate+1))
	if err != nil {
		return nil, noTemplate(file, err)
	}
	if len(data) > maxTemplate {
		return nil, &usageError{what: fmt.Sprintf("%q is larger than %d MiB", file, maxTemplate>>20), why: "no template is"}
	}
	return data, nil
}

// noTemplate words a file that cannot be read, with the file in the same folder that was probably meant.
func noTemplate(file string, err error) error {
	if info, serr := os.Stat(file); serr == nil && info.IsDir() {
		e := &usageError{what: fmt.Sprintf("%q is a folder, not a file", file), fix: "name the JSON file in it"}
		if inside, _ := filepath.Glob(filepath.Join(file, "*.json")); len(inside) > 0 {
			e.fix = fmt.Sprintf("did you mean %q?", inside[0])
		}
		return e
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	e := &usageError{what: fmt.Sprintf("there is no file %q", file)}
	folder, name := filepath.Split(file)
	var names []string
	entries, _ := os.ReadDir(filepath.Clean(folder)) // no folder, no suggestion
	for _, f := range entries {
		if strings.EqualFold(filepath.Ext(f.Name()), ".json") {
			names = append(names, f.Name())
		}
	}
	switch near := diag.Near(name, names); {
	case near != "":
		e.fix = fmt.Sprintf("did you mean %q?", folder+near)
	case entries == nil && folder != "":
		e.why = fmt.Sprintf("there is no folder %q either", filepath.Clean(folder))
	}
	return e
}

// completeJSON offers JSON files to the shell for the first argument.
func completeJSON(_ *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(given) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"json", "jsonc"}, cobra.ShellCompDirectiveFilterFileExt
}
