package cli

import (
	"context"

	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
)

type expandOptions struct {
	inputOptions
	all     bool
	partial bool
	output  string
}

func newExpand(env *Env) *cobra.Command {
	var o expandOptions
	cmd := &cobra.Command{
		Use:   "expand TEMPLATE",
		Short: "evaluate a deployment template",
		Long: `Print the image templates of a deployment template as JSON, with every parameter, variable and expression evaluated
as far as that is possible without Azure. What only the deployment itself will know is shown as its expression in
brackets, and listed at the end with the flag that supplies it, if there is one.

With --all, print every resource that would be deployed, and the outputs. A parameter that has no value is an error
then; --partial lets it be unknown.

Values of secure parameters are printed like all others.

` + templateHelp,
		Example: `  ingot expand azuredeploy.json
  ingot expand azuredeploy.json --param-file azuredeploy.parameters.json --param region=westeurope
  ingot expand azuredeploy.json --name web --location westeurope
  ingot expand azuredeploy.json --all --output json | jq '.outputs'`,
		Args:              args("TEMPLATE"),
		ValidArgsFunction: completeJSON,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return expand(cmd.Context(), env, o)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&o.all, "all", false, "print the whole deployment: all resources, and the outputs")
	cmd.Flags().BoolVar(&o.partial, "partial", false, "with --all: a parameter without a value is unknown, not an error")
	addOutput(cmd, &o.output)
	return cmd
}

func expand(ctx context.Context, env *Env, o expandOptions) error {
	switch {
	case o.partial && !o.all:
		return &usageError{what: "--partial has no meaning without --all", why: "image templates may always hold unknown values", fix: "leave it out"}
	case o.name != "" && o.all:
		return &usageError{what: "--name and --all exclude each other", why: "--all prints every resource", fix: "leave one of them out"}
	}
	in, err := o.read(ctx, env)
	if err != nil {
		return err
	}
	if in.refused.HasErrors() {
		return &findingsError{list: in.refused, sources: in.sources}
	}
	in.options.Params.Strict = o.all && !o.partial
	// What is evaluated is bounded, so that leaving it alone after Ctrl-C does no harm.
	out, err := await(ctx, func() (*expanded, error) { return evaluate(in, o.all), nil })
	if err != nil {
		return err
	}
	out.list = in.hideSecrets(out.list)
	if out.list.HasErrors() {
		return &findingsError{list: out.list, sources: in.sources}
	}
	if err := view.Diagnostics(env.Stderr, env.palette(env.Stderr), out.list, in.sources); err != nil {
		return err
	}
	if o.output == outputJSON && !o.all {
		return view.Document(env.Stdout, out.report())
	}
	if err := view.Values(env.Stdout, out.document()); err != nil || o.output == outputJSON {
		return err
	}
	return view.Unknowns(env.Stderr, env.palette(env.Stderr), out.unknowns())
}

// expanded is what expand prints: the image templates, or with --all the deployment.
type expanded struct {
	images     []deployment.ImageTemplate
	deployment *deployment.Deployment // nil without --all
	list       diag.List
}

func evaluate(in *input, all bool) *expanded {
	if all {
		d, list := translate.Expand(in.template, in.options)
		return &expanded{deployment: d, list: list}
	}
	loaded, list := translate.Load(in.template, in.options)
	return &expanded{images: loaded.ImageTemplates, list: list}
}

// document is what goes to stdout: the image template, an array of several, or the deployment.
func (x *expanded) document() *armjson.Node {
	if x.deployment != nil {
		return deploymentDocument(x.deployment)
	}
	var bodies []*armjson.Node
	for _, t := range x.images {
		bodies = append(bodies, withoutNulls(t.Node))
	}
	if len(bodies) == 1 {
		return bodies[0]
	}
	return armjson.NewArray(bodies)
}

// unknowns lists what is not known of the document.
func (x *expanded) unknowns() []view.Unknown {
	var list []view.Unknown
	if x.deployment == nil {
		for _, t := range x.images {
			list = append(list, view.FindUnknowns(t.Node, t.Path)...)
		}
		return list
	}
	for _, r := range x.deployment.Resources {
		list = append(list, view.FindUnknowns(r.Body, r.Path)...)
	}
	for _, o := range x.deployment.Outputs {
		list = append(list, view.FindUnknowns(o.Value, "outputs."+o.Name)...)
	}
	return list
}

// imageReport is one image template in the JSON that programs read.
type imageReport struct {
	Name     string         `json:"name,omitempty"`
	Path     string         `json:"path"`
	Resource rawValue       `json:"resource"`
	Unknowns []view.Unknown `json:"unknowns"`
}

// rawValue makes an evaluated value part of a JSON document.
type rawValue struct{ node *armjson.Node }

// MarshalJSON implements json.Marshaler.
func (v rawValue) MarshalJSON() ([]byte, error) { return []byte(v.node.JSON()), nil }

func (x *expanded) report() any {
	reports := []imageReport{}
	for _, t := range x.images {
		reports = append(reports, imageReport{t.Name, t.Path, rawValue{withoutNulls(t.Node)}, view.FindUnknowns(t.Node, t.Path)})
	}
	return map[string]any{"imageTemplates": reports}
}

// deploymentDocument has the resources in a flat list, each with its full id, type and name first, and the outputs by name.
func deploymentDocument(d *deployment.Deployment) *armjson.Node {
	var resources []*armjson.Node
	for _, r := range d.Resources {
		members := []armjson.Member{
			{Key: "id", Value: armjson.NewString(r.ID)}, {Key: "type", Value: armjson.NewString(r.Type)},
			{Key: "name", Value: armjson.NewString(r.Name)}, {Key: "apiVersion", Value: armjson.NewString(r.APIVersion)},
		}
		known := len(members)
		for _, m := range withoutNulls(r.Body).Members {
			if !slices.ContainsFunc(members[:known], func(k armjson.Member) bool { return strings.EqualFold(k.Key, m.Key) }) {
				members = append(members, m)
			}
		}
		resources = append(resources, armjson.NewObject(members))
	}
	outputs := []armjson.Member{}
	for _, o := range d.Outputs {
		outputs = append(outputs, armjson.Member{Key: o.Name, Value: o.Value})
	}
	return armjson.NewObject([]armjson.Member{
		{Key: "resources", Value: armjson.NewArray(resources)}, {Key: "outputs", Value: armjson.NewObject(outputs)},
	})
}

// withoutNulls leaves out members that are null: in a resource they count as absent.
func withoutNulls(n *armjson.Node) *armjson.Node {
	switch n.Kind {
	case armjson.Array:
		items := make([]*armjson.Node, len(n.Items))
		for i, item := range n.Items {
			items[i] = withoutNulls(item)
		}
		return n.WithItems(items)
	case armjson.Object:
		var members []armjson.Member
		for _, m := range n.Members {
			if !m.Value.IsNull() {
				members = append(members, armjson.Member{Key: m.Key, KeyRange: m.KeyRange, Value: withoutNulls(m.Value)})
			}
		}
		return n.WithMembers(members)
	default:
		return n
	}
}
