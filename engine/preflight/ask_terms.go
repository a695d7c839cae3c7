package preflight

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// checkTerms sees whether somebody has accepted the terms of a paid image. The subject is publisher:product:plan.
func checkTerms(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	part := strings.SplitN(f.Subject, ":", 3)
	path := f.Scope + fmt.Sprintf("/providers/Microsoft.MarketplaceOrdering/offertypes/virtualmachine/publishers/%s/offers/%s/plans/%s"+
		"/agreements/current", url.PathEscape(part[0]), url.PathEscape(part[1]), url.PathEscape(part[2]))
	t, err := get[struct {
		Properties struct {
			Accepted bool `json:"accepted"`
		} `json:"properties"`
	}](ctx, a, path, termsAPI)
	if err != nil {
		return nil, err
	}
	if !t.Properties.Accepted {
		return []Finding{wrong(CodeTerms, "the terms of the plan %q are not accepted in the subscription", f.Subject)}, nil
	}
	return nil, nil
}
