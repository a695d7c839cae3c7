package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/azureid"
	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/translate/emit"
)

type preflightOptions struct {
	inputOptions
	files    []string
	offline  bool
	role     string // a file, or roleToStdout
	roleName string
	roleAt   string // a scope
	output   string
}

// roleToStdout is the value of --write-role without one.
const roleToStdout = "-"

func newPreflight(env *Env) *cobra.Command {
	var o preflightOptions
	cmd := &cobra.Command{
		Use:   "preflight TEMPLATE...",
		Short: "say what builds on Azure need, and whether it is there",
		Long: `Ask Azure whether what builds need is there: providers, the source image, room in quotas, galleries that fit, free versions,
policies that let them, and every permission at every scope. Nothing is made or changed. Exit code 4 says that a build
would fail. Ingot is whoever AZURE_CLIENT_ID and its like, a managed identity or the Azure CLI say; ` + azureid.MetadataVariable + `
names another Azure than that of --cloud.

With --offline, only list what is needed, each with its reason and its place in the image template.

With --write-role, print the smallest custom role with which all the given image templates can be built, as
"az role definition create" takes it; --write-role=FILE writes it into a file.

` + templateHelp,
		Example: `  ingot preflight web.json
  ingot preflight web.json --offline                    # what is needed, without asking Azure
  ingot preflight web.json db.json --write-role=role.json
  az role definition create --role-definition role.json
  ingot preflight web.json --write-role --role-scope /subscriptions/ID/resourceGroups/GROUP`,
		Args: func(_ *cobra.Command, given []string) error {
			if len(given) == 0 {
				return &usageError{what: "ingot preflight needs a TEMPLATE", fix: "see: ingot preflight --help"}
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions([]string{"json", "jsonc"}, cobra.ShellCompDirectiveFilterFileExt),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			return runPreflight(cmd.Context(), env, o)
		},
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.offline, "offline", false, "only list what is needed; Azure is not asked")
	f.BoolVar(&o.offline, "plan-only", false, "the same as --offline")
	f.StringVar(&o.role, "write-role", "", "print the custom role that is needed, or write it into a new `file`")
	f.Lookup("write-role").NoOptDefVal = roleToStdout
	f.StringVar(&o.roleName, "role-name", "", "`name` of that role (default: made of the names of the image templates)")
	f.StringVar(&o.roleAt, "role-scope", "", "put into that role only what is needed at this `id` of a subscription or resource group")
	addOutput(cmd, &o.output)
	return cmd
}

func runPreflight(ctx context.Context, env *Env, o preflightOptions) error {
	for _, f := range []struct{ name, value string }{{"--role-name", o.roleName}, {"--role-scope", o.roleAt}} {
		if f.value != "" && o.role == "" {
			return &usageError{what: f.name + " has no meaning without --write-role", fix: "add --write-role, or leave it out"}
		}
	}
	all, inputs, err := o.plans(ctx, env)
	if err != nil {
		return err
	}
	needs, err := preflight.Derive(inputs, preflight.Options{
		Subscription: o.place.subscription, Usual: env.Getenv(wire.SubscriptionVariable),
		Location: cmp.Or(o.place.location, env.Getenv(wire.LocationVariable)),
	})
	var bad *preflight.IDError
	if errors.As(err, &bad) {
		for _, t := range all {
			if t.file == bad.File {
				t.list = append(t.list, refusals(t.file, err)...)
				return t.err()
			}
		}
	}
	switch {
	case err != nil:
		return err
	case o.role != "":
		return writeRole(env, o, needs, inputs)
	case !o.offline:
		return askAzure(ctx, env, o, needs, all)
	case o.output == outputJSON:
		return view.Document(env.Stdout, needs)
	default:
		return view.Needs(env.Stdout, env.palette(env.Stdout), needs)
	}
}

// plans reads all templates. The findings of all are shown before the first error ends the command.
func (o *preflightOptions) plans(ctx context.Context, env *Env) ([]*translated, []preflight.Input, error) {
	var all []*translated
	var inputs []preflight.Input
	var first error
	for _, file := range o.files {
		in := o.inputOptions
		in.file = file
		t, err := in.translate(ctx, env, emit.Azure)
		if err != nil {
			return nil, nil, err
		}
		switch err := t.err(); {
		case err == nil:
			if err := env.warnings(t); err != nil {
				return nil, nil, err
			}
			all = append(all, t)
			inputs = append(inputs, preflight.Input{File: t.file, Plan: t.plan})
		case first == nil:
			first = err
		default:
			if err := env.warnings(t); err != nil {
				return nil, nil, err
			}
		}
	}
	return all, inputs, first
}

// writeRole prints the role, or makes a file of it; a file that is there is left alone.
func writeRole(env *Env, o preflightOptions, n *preflight.Needs, inputs []preflight.Input) error {
	name, description := roleTexts(inputs)
	if o.roleAt != "" {
		if known := n.RoleScopes(); !slices.ContainsFunc(known, func(s string) bool { return strings.EqualFold(s, o.roleAt) }) {
			return &usageError{what: fmt.Sprintf("nothing is needed at %q", o.roleAt), fix: "take one of: " + strings.Join(known, ", ")}
		}
		n = n.At(o.roleAt)
		name += " at " + o.roleAt[strings.LastIndexByte(o.roleAt, '/')+1:]
	}
	if o.roleName != "" {
		name = o.roleName
	}
	role, err := preflight.RoleOf(n, name, description)
	switch {
	case errors.Is(err, preflight.ErrScope):
		return &usageError{what: err.Error(), why: "a custom role says in which subscriptions it can be assigned",
			fix: "name the one that the build VM is made in with --subscription, and replace placeholders in the image template"}
	case err != nil:
		return err
	case o.role == roleToStdout:
		return view.Document(env.Stdout, role)
	}
	text, err := json.MarshalIndent(role, "", "  ")
	if err != nil {
		return err
	}
	err = createFile(o.role, append(text, '\n'))
	if errors.Is(err, fs.ErrExist) {
		return &usageError{what: fmt.Sprintf("there is a file %q already", o.role), fix: "name another one, or remove it first"}
	}
	if err != nil {
		return err
	}
	return env.say(fmt.Sprintf("role %s written to %s", view.Line(name), view.Line(o.role)))
}

// roleTexts name a role after what it builds.
func roleTexts(inputs []preflight.Input) (name, description string) {
	var names []string
	for _, in := range inputs {
		names = append(names, in.Plan.Name)
	}
	slices.Sort(names)
	description = "What Ingot needs in Azure to build " + strings.Join(names, ", ")
	if len(names) > 1 {
		return fmt.Sprintf("Ingot build of %d image templates", len(names)), description
	}
	return "Ingot build of " + names[0], description
}
