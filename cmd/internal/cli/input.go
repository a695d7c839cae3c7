package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// maxTemplate bounds what is read of a file. Azure takes deployment templates of up to 4 MiB, and the reader says so about what is
// larger than that; with what is far larger it is not bothered.
const maxTemplate = 16 << 20

// stdinName is how messages name a template that came through a pipe.
const stdinName = "<stdin>"

// inputOptions say which image template is meant, and what the deployment template around it cannot know by itself.
type inputOptions struct {
	file       string   // as typed; "-" is standard input
	params     []string // name=value
	paramFiles []string
	name       string
	place      placeOptions
	limits     limitOptions
}

func (o *inputOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVarP(&o.params, "param", "p", nil, "value of a parameter as `name=value`; may be repeated; wins over --param-file")
	f.StringArrayVar(&o.paramFiles, "param-file", nil, "deployment parameter `file` with values; may be repeated, a later one wins")
	f.StringVar(&o.name, "name", "", "which image template, when the file has several")
	o.place.addFlags(cmd)
	o.limits.addFlags(cmd)
}

// templateHelp is the part of the help text that expand, validate, translate and build share.
const templateHelp = `TEMPLATE is a JSON file: an image template as sent to the service, or a deployment template with image
templates among its resources. "-" reads standard input.`

// translated is an image template as far as it can be understood without looking at the world.
type translated struct {
	plan    *plan.Plan // nil when the list has errors
	list    diag.List
	file    string // as messages name it
	sources view.Sources
	place   func(path string) diag.Range // of a property; nil when the list has errors
	secrets *translate.Secrets           // the values of secure parameters
}

// hidden are the values of secure parameters, for a run that is not to tell them.
func (t *translated) hidden() []events.Secret {
	if t.secrets == nil {
		return nil
	}
	var list []events.Secret
	for _, text := range t.secrets.Texts() {
		list = append(list, events.Secret(text))
	}
	return list
}

// err gives the findings as an error if there are any that stop the command.
func (t *translated) err() error {
	if t.list.HasErrors() {
		return &findingsError{list: t.list, sources: t.sources}
	}
	return nil
}

// translate reads the template and makes its plan, to be built on this machine, or for a Packer template for the target. The error is about the command line or reading; findings are in the result.
func (o *inputOptions) translate(ctx context.Context, env *Env, target string) (*translated, error) {
	in, err := o.read(ctx, env)
	if err != nil {
		return nil, err
	}
	t := &translated{file: in.template.File, list: in.refused, sources: in.sources}
	if !t.list.HasErrors() {
		in.options.Target, in.options.Check.Translate = target, target != ""
		if t.plan, t.list = translate.Translate(in.template, in.options); t.plan != nil {
			t.place = translate.Places(in.template, in.options)
		}
	}
	t.secrets = in.secrets()
	t.list = in.hideSecrets(t.list)
	return t, ctx.Err()
}

// input is everything that was read to understand an image template.
type input struct {
	template translate.Source
	options  translate.Options
	sources  view.Sources
	refused  diag.List // files that are not worth reading
}

// read reads the template and the files beside it.
func (o *inputOptions) read(ctx context.Context, env *Env) (*input, error) {
	in, err := o.readAround(ctx)
	if err != nil {
		return nil, err
	}
	if in.template, err = in.readFile(ctx, env.Stdin, o.file); err != nil {
		return nil, err
	}
	if o.place.followLinks {
		in.options.Params.Linked = in.follow(ctx, o.file)
	}
	return in, nil
}

// readAround reads everything but the template, which may be one of many.
func (o *inputOptions) readAround(ctx context.Context) (*input, error) {
	in := &input{sources: view.Sources{}}
	in.options.Name = o.name
	params := &in.options.Params
	var err error
	if params.Values, err = parameters(o.params); err != nil {
		return nil, err
	}
	if params.Limits, err = o.limits.limits(); err != nil {
		return nil, err
	}
	for _, file := range o.paramFiles {
		s, err := in.readFile(ctx, nil, file)
		if err != nil {
			return nil, err
		}
		in.options.ParameterFiles = append(in.options.ParameterFiles, s)
	}
	var context []byte
	if o.place.context != "" {
		s, err := in.readFile(ctx, nil, o.place.context)
		if err != nil {
			return nil, err
		}
		in.options.Context, context = &s, s.Data
	}
	return in, o.place.fill(params, context)
}

// readFile reads a file as the user named it. "-" is standard input where there is one for it.
func (in *input) readFile(ctx context.Context, stdin io.Reader, file string) (translate.Source, error) {
	s := translate.Source{File: file}
	if file == "-" && stdin != nil {
		s.File = stdinName
	}
	// Whoever has typed "-" by mistake and sits before a terminal, or waits for the other end of a pipe, presses Ctrl-C.
	data, err := await(ctx, func() ([]byte, error) {
		src := stdin
		if s.File != stdinName {
			f, err := os.Open(file)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			src = f
		}
		return io.ReadAll(io.LimitReader(src, maxTemplate+1))
	})
	if err != nil {
		return s, noTemplate(file, err)
	}
	if len(data) > maxTemplate {
		in.refused.Add(diag.Diagnostic{
			Severity: diag.Error, Code: armjson.CodeTooLarge, Subject: diag.Range{File: s.File},
			Summary: fmt.Sprintf("the file is larger than %d MiB", maxTemplate>>20),
			Why:     "Azure Resource Manager takes templates of up to 4 MiB",
		})
		return s, nil
	}
	s.Data = data
	in.sources[s.File] = data
	return s, nil
}

// hideSecrets takes the values of secure parameters out of findings, and out of the texts that they are shown with; out of these also
// what findings take for secrets.
func (in *input) hideSecrets(list diag.List) diag.List {
	if len(list) == 0 {
		return list
	}
	secrets := in.secrets()
	secrets.Found(list, in.sources)
	for name, data := range in.sources {
		in.sources[name] = secrets.Mask(name, data)
	}
	return secrets.Redact(list)
}

// secrets are the values of secure parameters in what was read.
func (in *input) secrets() *translate.Secrets {
	var files []translate.Source
	for name, data := range in.sources {
		files = append(files, translate.Source{File: name, Data: data})
	}
	return translate.FindSecrets(files, in.options.Params.Values)
}

// await returns what f returns, or the error of ctx as soon as that ends. Then f is left alone, since nothing can stop it: it must
// be harmless, and the process about to end.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
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
