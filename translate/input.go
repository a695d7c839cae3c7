package translate

import (
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
)

// Source is one file as the user named it.
type Source struct {
	File string
	Data []byte
}

// Options is what the caller knows and the file does not say. The zero Options is ready to use.
type Options struct {
	// Params is about the deployment around the image template. Its Files and its Context are made from the two below.
	Params deployment.Params

	ParameterFiles []Source // deployment parameter files; a later one wins over the ones before it
	Context        *Source  // describes the place deployed to, see deployment.Params; or nil

	Name   string // which image template, when the file has several; "" when it has one
	Target string // where the build VM will live; "" is anywhere for Validate, and "qemu" for Translate

	// Ignore leaves out what decoding finds, by code; the rules are asked all the same. nil leaves nothing out. Only Validate looks at it.
	Ignore func(diag.Code) bool

	// Check says how the rules are asked. Target above counts in it; Files is made of the sources when it is nil.
	Check check.Options
}

// Load reads src and finds its image templates, all or the one with the name in the options, evaluated as far as that is possible;
// see deployment.Load. The list is sorted.
func Load(src Source, opts Options) (*deployment.Result, diag.List) {
	var list diag.List
	root, params := read(src, opts, &list)
	if list.HasErrors() {
		root = nil // a document with holes in it would be misunderstood
	}
	r, more := deployment.Load(root, params)
	list.Add(more...)
	if opts.Name != "" && !list.HasErrors() {
		r.ImageTemplates = named(r.ImageTemplates, opts.Name, &list)
	}
	list.Sort()
	return r, list
}

// Expand reads src and evaluates the whole deployment template in it; see deployment.LoadAll. The list is sorted. The Deployment
// is nil when there is none, and then the list has errors.
func Expand(src Source, opts Options) (*deployment.Deployment, diag.List) {
	var list diag.List
	root, params := read(src, opts, &list)
	if list.HasErrors() {
		root = nil
	}
	d, more := deployment.LoadAll(root, params)
	list.Add(more...)
	list.Sort()
	return d, list
}

// read parses all files; those after one with errors are looked at too.
func read(src Source, opts Options, list *diag.List) (*armjson.Node, deployment.Params) {
	parse := func(s Source) *armjson.Node {
		n, more := armjson.Parse(s.File, s.Data)
		list.Add(more...)
		return n
	}
	root, params := parse(src), opts.Params
	for _, s := range opts.ParameterFiles {
		if n := parse(s); n != nil {
			params.Files = append(params.Files, n)
		}
	}
	if opts.Context != nil {
		params.Context = parse(*opts.Context)
	}
	return root, params
}
