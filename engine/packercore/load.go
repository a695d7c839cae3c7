package packercore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore/hcl2"
)

// session is one run of one template, or the look at one.
type session struct {
	opts     Options
	reg      Registry // with the plugins
	template *hcl2.Template
	files    map[string]bool // below files/, whose checksum is right; nil when the folder lists none
	execute  bool            // data sources are asked, and not only prepared
	warnings []string        // what a person should know and that stops nothing
}

// newSession fills in the options.
func newSession(reg Registry, opts Options) (*session, error) {
	if opts.OnError == "" {
		opts.OnError = OnErrorCleanup
	}
	if !slices.Contains(OnErrors, opts.OnError) {
		return nil, fmt.Errorf("on-error %q: allowed are %s", opts.OnError, strings.Join(OnErrors, ", "))
	}
	if opts.Mask == nil {
		opts.Mask = new(events.Mask)
	}
	return &session{reg: reg, opts: opts}, nil
}

// load reads the template and gives everything in it its value. The error joins every *TemplateError found.
func (s *session) load(ctx context.Context) error {
	doc, err := hcl2.Parse(hcl2.Input{
		Dir: s.opts.Dir, File: s.opts.File, Vars: s.opts.Vars, VarFiles: s.opts.VarFiles, Env: s.opts.Env, Now: s.opts.Now,
		Secret: func(text string) { s.opts.Mask.Add(events.Secret(text)) },
	})
	if err != nil {
		return err
	}
	if err := s.plugins(ctx, doc.Plugins); err != nil {
		return err
	}
	if s.template, err = doc.Evaluate(s.data); err != nil {
		return err
	}
	for _, w := range s.template.Warnings {
		s.warnings = append(s.warnings, w.Error())
	}
	return s.checkKinds()
}

// plugins makes the required plugins available, or says which are not.
func (s *session) plugins(ctx context.Context, required []hcl2.PluginRequirement) error {
	var wanted []hcl2.PluginRequirement
	var errs []error
	fail := func(r hcl2.PluginRequirement, format string, args ...any) {
		errs = append(errs, &TemplateError{Range: r.Range, Err: fmt.Errorf(format, args...)})
	}
	for _, r := range required {
		version, linked := s.reg.Linked[r.Source]
		ok, err := false, error(nil)
		if linked {
			ok, err = r.Allows(version)
		}
		switch {
		case err != nil:
			return fmt.Errorf("plugin %s is linked in with version %q: %w", r.Source, version, err)
		case ok:
		case s.reg.Plugins != nil:
			wanted = append(wanted, r)
		case linked:
			fail(r, "plugin %q: version %q is required, and %s is linked in", r.Name, r.Constraint, version)
		default:
			fail(r, "plugin %q (%s) is not linked in, and no other plugin is used here; %s",
				r.Name, r.Source, known(r.Source, s.reg.Linked))
		}
	}
	if errs != nil || s.reg.Plugins == nil {
		return errors.Join(errs...)
	}
	more, err := s.reg.Plugins(ctx, wanted)
	if err != nil {
		return err
	}
	s.reg.Builders = merged(s.reg.Builders, more.Builders)
	s.reg.Provisioners = merged(s.reg.Provisioners, more.Provisioners)
	s.reg.PostProcessors = merged(s.reg.PostProcessors, more.PostProcessors)
	s.reg.DataSources = merged(s.reg.DataSources, more.DataSources)
	return nil
}

func merged[V any](under, over map[string]V) map[string]V {
	all := map[string]V{}
	maps.Copy(all, under)
	maps.Copy(all, over)
	return all
}

// packersOwn are the components that Packer 1.16 has without any plugin, beside those that Ingot has too.
var packersOwn = map[string][]string{
	"builder":        {"file", "null"},
	"provisioner":    {"breakpoint", "hcp-sbom", "shell-local", "sleep", "windows-shell"},
	"post-processor": {"artifice", "compress", "shell-local"},
}

// checkKinds reports every component whose type is not known.
func (s *session) checkKinds() error {
	var errs []*TemplateError
	seen := map[hcl.Range]bool{}
	check := func(what, kind string, rng hcl.Range, ok bool, names string) {
		if ok || seen[rng] {
			return
		}
		seen[rng] = true // a source may be used many times
		text := fmt.Sprintf("no %s is called %q", what, kind)
		if slices.Contains(packersOwn[what], kind) {
			text = fmt.Sprintf("%s %q is Packer's own, and not covered here", what, kind)
		}
		errs = append(errs, s.template.ErrorAt(rng, fmt.Errorf("%s; %s", text, names)))
	}
	for _, b := range s.template.Builds {
		for _, src := range b.Sources {
			_, ok := s.reg.Builders[src.Kind]
			check("builder", src.Kind, src.KindRange, ok, known(src.Kind, s.reg.Builders))
		}
		provisioners := b.Provisioners
		if b.ErrorCleanup != nil {
			provisioners = append(slices.Clip(provisioners), b.ErrorCleanup)
		}
		for _, p := range provisioners {
			_, ok := s.reg.Provisioners[p.Kind]
			check("provisioner", p.Kind, p.KindRange, ok, known(p.Kind, s.reg.Provisioners))
		}
		for _, p := range slices.Concat(b.PostProcessors...) {
			_, ok := s.reg.PostProcessors[p.Kind]
			check("post-processor", p.Kind, p.KindRange, ok, known(p.Kind, s.reg.PostProcessors))
		}
	}
	return hcl2.Join(errs)
}

// data looks up the value of a data block, or gives an unknown one of its type when nothing is to run.
func (s *session) data(d hcl2.Data) (value cty.Value, err error) {
	construct, ok := s.reg.DataSources[d.Kind]
	if !ok {
		return cty.NilVal, &TemplateError{
			Range: hcl2.Range(d.KindRange),
			Err:   fmt.Errorf("no data source is called %q; %s", d.Kind, known(d.Kind, s.reg.DataSources)),
		}
	}
	component := "data source " + d.Kind
	source, closeSource, err := start(component, construct)
	if err != nil {
		return cty.NilVal, err
	}
	defer closeSource()
	err = guard(component, func() error {
		config, diags := hcldec.Decode(d.Body, source.ConfigSpec(), d.Scope)
		if diags.HasErrors() {
			return hcl2.Join(new(hcl2.Origins).Diagnosed(diags))
		}
		if err := source.Configure(placeholders(config)); err != nil {
			return named(component, err)
		}
		if !s.execute {
			value = cty.UnknownVal(hcldec.ImpliedType(source.OutputSpec()))
			return nil
		}
		if value, err = source.Execute(); err != nil {
			return named(component, err)
		}
		return nil
	})
	return value, err
}

// Load reads the template of opts, as Build does first, and gives the names of the builds in it, in its order. Data sources are
// not asked. The error joins every *TemplateError found.
func Load(ctx context.Context, reg Registry, opts Options) ([]string, error) {
	s, err := newSession(reg, opts)
	if err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		return nil, s.masked(err)
	}
	var names []string
	for _, b := range s.template.Builds {
		for _, src := range b.Sources {
			names = append(names, buildName(b, src))
		}
	}
	return names, nil
}

// buildName is what a build of one source is called.
func buildName(b *hcl2.Build, src *hcl2.Source) string {
	if b.Name == "" {
		return src.String()
	}
	return b.Name + "." + src.String()
}
