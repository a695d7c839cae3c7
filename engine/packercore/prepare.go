package packercore

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/common"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// prepared is a template whose files are verified and whose components accepted their configuration.
type prepared struct {
	template  *Template
	reg       Registry
	onError   string
	builder   packersdk.Builder
	generated []string // values of build.* that this builder gives beside the usual ones
}

// prepare loads the template, verifies the files beside it, and prepares every component once, with placeholders for build.*.
func prepare(reg Registry, opts Options) (*prepared, error) {
	t, err := Load(reg, opts)
	if err != nil {
		return nil, err
	}
	p := &prepared{template: t, reg: reg, onError: opts.OnError}
	if p.onError == "" {
		p.onError = OnErrorCleanup
	}
	files, err := verifyFiles(t.dir)
	if err != nil {
		return nil, err
	}
	errs := []error{p.prepareBuilder()}
	for _, block := range t.provisioners {
		_, config, err := p.prepareProvisioner(block, nil)
		errs = append(errs, err)
		if err == nil {
			errs = append(errs, t.verifyUse(files, block, config))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p, nil
}

// prepareBuilder makes the builder and gives it its configuration.
func (p *prepared) prepareBuilder() error {
	source := p.template.source
	builder := p.reg.Builders[source.kind]()
	component := "builder " + source.kind
	config, err := p.decode(component, source.body, builder, p.template.scope())
	if err != nil {
		return p.locate(source.rng, err)
	}
	err = guard(component, func() (err error) {
		p.generated, _, err = builder.Prepare(p.coreVars(), config)
		return err
	})
	if err != nil {
		return p.locate(source.rng, named(component, err))
	}
	p.builder = builder
	return nil
}

// provisioner makes a provisioner and prepares it with the values of build.* that the builder gave.
func (p *prepared) provisioner(block *provisionerBlock, values map[string]any) (packersdk.Provisioner, error) {
	provisioner, _, err := p.prepareProvisioner(block, values)
	return provisioner, err
}

func (p *prepared) prepareProvisioner(
	block *provisionerBlock, values map[string]any,
) (packersdk.Provisioner, cty.Value, error) {
	provisioner := p.reg.Provisioners[block.kind]()
	component := "provisioner " + block.kind
	scope := p.template.withBuild(p.template.scope(), p.generated, values)
	config, err := p.decode(component, block.body, provisioner, scope)
	if err != nil {
		return nil, config, p.locate(block.rng, err)
	}
	err = guard(component, func() error { return provisioner.Prepare(p.coreVars(), config) })
	if err != nil {
		return nil, config, p.locate(block.rng, named(component, err))
	}
	return provisioner, config, nil
}

// decode evaluates the body of a component by the specification the component gives.
func (p *prepared) decode(
	component string, body hcl.Body, c packersdk.HCL2Speccer, scope *hcl.EvalContext,
) (config cty.Value, err error) {
	err = guard(component, func() error {
		var diags hcl.Diagnostics
		config, diags = hcldec.Decode(body, c.ConfigSpec(), scope)
		return joinTemplateErrors(p.template.diagErrors(diags))
	})
	return config, err
}

// locate gives an error the place of its block, unless it has places already or is no fault of the template.
func (p *prepared) locate(rng hcl.Range, err error) error {
	var panicked *PanicError
	if errors.As(err, &panicked) || len(TemplateErrors(err)) > 0 {
		return err
	}
	return p.template.errorAt(rng, err)
}

// coreVars is what the core tells every component about the build.
func (p *prepared) coreVars() map[string]any {
	user := map[string]string{}
	var sensitive []string
	for _, name := range slices.Sorted(maps.Keys(p.template.variables)) {
		v := p.template.variables[name]
		// Components know user variables as text only; of a list or a map there is none.
		text, err := convert.Convert(v.value, cty.String)
		if err != nil || text.IsNull() {
			continue
		}
		user[name] = text.AsString()
		if v.sensitive {
			sensitive = append(sensitive, text.AsString())
		}
	}
	return map[string]any{
		common.BuildNameConfigKey:     p.template.source.name,
		common.BuilderTypeConfigKey:   p.template.source.kind,
		common.CoreVersionConfigKey:   CoreVersion,
		common.DebugConfigKey:         false,
		common.ForceConfigKey:         false,
		common.OnErrorConfigKey:       p.onError,
		common.TemplatePathKey:        p.template.dir,
		common.UserVariablesConfigKey: user,
		common.SensitiveVarsConfigKey: sensitive,
	}
}

// oneLine renders the SDK's list of errors, which is a paragraph, as clauses of one line. Other errors stay as they are.
func oneLine(err error) error {
	multi, ok := err.(*packersdk.MultiError)
	if !ok {
		return err
	}
	var clauses []string
	for _, e := range multi.Errors {
		clauses = append(clauses, e.Error())
	}
	return errors.New(strings.Join(clauses, "; "))
}
