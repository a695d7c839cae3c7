package cli

import (
	"context"
	"errors"

	"github.com/ingot-build/ingot/cmd/internal/links"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
)

// follow makes what fetches the templates that a file links to. Their text is kept with that of the other files, so that findings
// can show it.
func (in *input) follow(ctx context.Context, file string) func(from, uri string) (*armjson.Node, diag.List) {
	follower := links.New(file)
	return func(from, uri string) (*armjson.Node, diag.List) {
		name, data, err := follower.Fetch(ctx, from, uri)
		if err != nil {
			d := diag.Diagnostic{Severity: diag.Error, Code: deployment.CodeLinked, Summary: err.Error()}
			var refused *links.Refused
			if errors.As(err, &refused) {
				d.Why, d.Fix = refused.Why, refused.Fix
			}
			return nil, diag.List{d}
		}
		in.sources[name] = data
		return armjson.Parse(name, data)
	}
}
