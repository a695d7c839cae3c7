package packercore

import (
	"context"
	"errors"
	"io"
	"log"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/common"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ingot-build/ingot/engine/packercore/hcl2"
)

// job is one build: a source of a build block, with the components that its guest gets.
type job struct {
	*session
	name   string
	prefix string // of its steps, in events
	build  *hcl2.Build
	source *hcl2.Source
	// postProcessors are the sequences without what only, except and the command line leave out.
	postProcessors [][]*hcl2.PostProcessor

	builder      packersdk.Builder
	closeBuilder func()
	settings     cty.Value // of the source block, decoded
	generated    []string  // values of build.* that this builder gives beside the usual ones
}

// prepare loads the template, verifies the files beside it, and prepares every component of every chosen build once, with
// placeholders for build.*. The caller closes the jobs.
func (s *session) prepare(ctx context.Context) (jobs []*job, err error) {
	defer func() {
		if err != nil {
			closeJobs(jobs)
			jobs, err = nil, s.masked(err)
		}
	}()
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	if s.files, err = verifyFiles(s.opts.Dir); err != nil {
		return nil, err
	}
	if jobs, err = s.choose(); err != nil {
		return jobs, err
	}
	var errs []error
	for _, j := range jobs {
		errs = append(errs, j.prepare())
	}
	return jobs, once(errors.Join(errs...))
}

// once leaves out errors that say what an earlier one said: two builds that share a source share its faults.
func once(err error) error {
	found := TemplateErrors(err)
	var distinct []*TemplateError
	seen := map[string]bool{}
	for _, e := range found {
		if text := e.Error(); !seen[text] {
			seen[text] = true
			distinct = append(distinct, e)
		}
	}
	if len(distinct) == len(found) {
		return err
	}
	return hcl2.Join(distinct)
}

func closeJobs(jobs []*job) {
	for _, j := range jobs {
		if j.closeBuilder != nil {
			j.closeBuilder()
		}
	}
}

// prepare gives every component of the build its configuration.
func (j *job) prepare() error {
	errs := []error{j.prepareBuilder()}
	check := func(p *hcl2.Provisioner) {
		if p == nil || p.Skips(j.source) {
			return
		}
		_, done, config, err := j.provisioner(p, nil)
		if err == nil {
			done()
			err = j.verifyUse(&p.Component, config)
		}
		errs = append(errs, err)
	}
	for _, p := range j.build.Provisioners {
		check(p)
	}
	check(j.build.ErrorCleanup)
	for _, sequence := range j.postProcessors {
		for _, p := range sequence {
			_, done, err := j.postProcessor(p, nil)
			if err == nil {
				done()
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// prepareBuilder makes the builder and gives it its configuration.
func (j *job) prepareBuilder() (err error) {
	component := "builder " + j.source.Kind
	builder, done, err := start(component, j.reg.Builders[j.source.Kind])
	if err != nil {
		return j.locate(j.source.Range, err)
	}
	j.builder, j.closeBuilder = builder, done
	config, err := j.decode(component, j.source.Body, builder, j.template.SourceScope(j.source))
	if err != nil {
		return j.locate(j.source.Range, err)
	}
	j.settings = config
	err = guard(component, func() error {
		generated, warnings, err := builder.Prepare(j.coreVars(), config)
		j.generated, j.warnings = generated, append(j.warnings, warnings...)
		return err
	})
	if err != nil {
		return j.locate(j.source.Range, named(component, err))
	}
	return nil
}

// serviceName is what Azure VM Image Builder calls its builds and their builder.
const serviceName = "azure-arm"

// provisioner makes a provisioner and prepares it: with the values of build.* that the builder gave, or with placeholders when
// values is nil. done ends it.
func (j *job) provisioner(p *hcl2.Provisioner, values map[string]any) (
	_ packersdk.Provisioner, done func(), config cty.Value, err error,
) {
	component := "provisioner " + p.Kind
	provisioner, done, err := start(component, j.reg.Provisioners[p.Kind])
	if err != nil {
		return nil, nil, cty.NilVal, j.locate(p.Range, err)
	}
	config, err = j.decode(component, p.Body, provisioner, j.scope(values))
	if err == nil {
		core := j.coreVars()
		if j.opts.AsService {
			core[common.BuildNameConfigKey], core[common.BuilderTypeConfigKey] = serviceName, serviceName
		}
		raws := []any{core, config}
		if override := p.Override[j.source.BuildName()]; override != nil {
			raws = append(raws, override)
		}
		err = guard(component, func() error { return provisioner.Prepare(raws...) })
		if err != nil {
			err = named(component, err)
		}
	}
	if err != nil {
		done()
		return nil, nil, cty.NilVal, j.locate(p.Range, err)
	}
	return provisioner, done, config, nil
}

// postProcessor is provisioner for a post-processor.
func (j *job) postProcessor(p *hcl2.PostProcessor, values map[string]any) (_ packersdk.PostProcessor, done func(), err error) {
	component := "post-processor " + p.Kind
	processor, done, err := start(component, j.reg.PostProcessors[p.Kind])
	if err != nil {
		return nil, nil, j.locate(p.Range, err)
	}
	config, err := j.decode(component, p.Body, processor, j.scope(values))
	if err == nil {
		err = guard(component, func() error { return processor.Configure(j.coreVars(), config) })
		if err != nil {
			err = named(component, err)
		}
	}
	if err != nil {
		done()
		return nil, nil, j.locate(p.Range, err)
	}
	return processor, done, nil
}

func (j *job) scope(values map[string]any) *hcl.EvalContext {
	return j.template.BuildScope(j.build, j.source, j.generated, values)
}

// start makes a component, and starts it when it lives in a process of its own. done ends that.
func start[C any](component string, construct func() C) (c C, done func(), err error) {
	err = guard(component, func() error {
		c = construct()
		if s, ok := any(c).(interface{ Start() error }); ok {
			return s.Start()
		}
		return nil
	})
	done = func() {
		if closer, ok := any(c).(io.Closer); ok {
			if err := closer.Close(); err != nil {
				log.Printf("packercore: close %s: %v", component, err)
			}
		}
	}
	if err != nil {
		done()
		return c, nil, err
	}
	return c, done, nil
}

// decode evaluates the body of a component by the specification the component gives.
func (s *session) decode(
	component string, body hcl.Body, c packersdk.HCL2Speccer, scope *hcl.EvalContext,
) (config cty.Value, err error) {
	err = guard(component, func() error {
		var diags hcl.Diagnostics
		config, diags = hcldec.Decode(body, c.ConfigSpec(), scope)
		if err := hcl2.Join(s.template.Diagnosed(diags)); err != nil {
			return err
		}
		config = placeholders(config)
		return nil
	})
	return config, err
}

// locate gives an error the place of its block, unless it has places already or is no fault of the template.
func (s *session) locate(rng hcl.Range, err error) error {
	var panicked *PanicError
	if errors.As(err, &panicked) || len(TemplateErrors(err)) > 0 {
		return err
	}
	return s.template.ErrorAt(rng, err)
}

// coreVars is what the core tells every component about the build.
func (j *job) coreVars() map[string]any {
	user := map[string]string{}
	var sensitive []string
	for _, v := range j.template.Variables {
		// Components know user variables as text only; of a list or a map there is none.
		text, err := convert.Convert(v.Value, cty.String)
		if err != nil || text.IsNull() || !text.IsKnown() {
			continue
		}
		user[v.Name] = text.AsString()
		if v.Sensitive {
			sensitive = append(sensitive, text.AsString())
		}
	}
	return map[string]any{
		common.BuildNameConfigKey:     j.source.Name,
		common.BuilderTypeConfigKey:   j.source.Kind,
		common.CoreVersionConfigKey:   hcl2.CoreVersion,
		common.DebugConfigKey:         false,
		common.ForceConfigKey:         j.opts.Force,
		common.OnErrorConfigKey:       j.opts.OnError,
		common.TemplatePathKey:        j.opts.Dir,
		common.UserVariablesConfigKey: user,
		common.SensitiveVarsConfigKey: sensitive,
	}
}

// oneLine renders a list of errors, which would be a paragraph, as clauses of one line. Other errors stay as they are.
func oneLine(err error) error {
	var list []error
	switch e := err.(type) {
	case *packersdk.MultiError:
		list = e.Errors
	case interface{ Unwrap() []error }:
		list = e.Unwrap()
	default:
		return err
	}
	var clauses []string
	for _, e := range list {
		clauses = append(clauses, e.Error())
	}
	return errors.New(strings.Join(clauses, "; "))
}
