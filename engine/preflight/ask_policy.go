package preflight

import (
	"context"
	"net/http"
	"strings"
)

// restrictions is what policies say to a resource that is not there yet.
//
// Reference: https://learn.microsoft.com/rest/api/policyinsights/policy-restrictions
type restrictions struct {
	Content struct {
		Evaluations []struct {
			Info struct {
				Assignment string `json:"policyAssignmentId"`
			} `json:"policyInfo"`
			Result string `json:"evaluationResult"`
			Effect struct {
				Effect string `json:"policyEffect"`
			} `json:"effectDetails"`
			Details struct {
				Reason      string `json:"reason"`
				Expressions []struct {
					Result     string `json:"result"`
					Expression string `json:"expression"`
				} `json:"evaluatedExpressions"`
			} `json:"evaluationDetails"`
		} `json:"policyEvaluations"`
	} `json:"contentEvaluationResult"`
}

// content is a resource as far as policies can be asked about it beforehand. A field that is not known is left out: what a
// policy wants of it is not told then.
func content(f Fact) map[string]any {
	c := map[string]any{"type": f.Subject}
	if f.Want.Location != "" {
		c["location"] = f.Want.Location
	}
	if len(f.Want.Tags) > 0 {
		c["tags"] = f.Want.Tags
	}
	if f.Want.Size != "" {
		c["properties"] = map[string]any{"hardwareProfile": map[string]any{"vmSize": f.Want.Size}}
	}
	return c
}

// apiOf is a version of the API that has a type, which the question has to name.
func apiOf(typ string) string {
	provider, _, _ := strings.Cut(typ, "/")
	switch {
	case strings.HasPrefix(typ, "Microsoft.Compute/galleries"):
		return galleryAPI
	case typ == "Microsoft.Compute/disks", typ == "Microsoft.Compute/snapshots":
		return "2023-04-02"
	case provider == "Microsoft.Compute":
		return computeAPI
	case provider == "Microsoft.Network":
		return networkAPI
	case provider == "Microsoft.KeyVault":
		return "2023-07-01"
	default:
		return storageAPI
	}
}

// checkPolicy asks whether a policy would deny a resource of the type.
func checkPolicy(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	r, err := send[restrictions](ctx, a, http.MethodPost,
		f.Scope+"/providers/Microsoft.PolicyInsights/checkPolicyRestrictions?api-version="+policyAPI,
		map[string]any{"resourceDetails": map[string]any{"resourceContent": content(f), "apiVersion": apiOf(f.Subject)}})
	if absent(err) { // the resource group is not there, which another check says where it matters
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Finding
	for _, e := range r.Content.Evaluations {
		if !strings.EqualFold(e.Result, "NonCompliant") || e.Effect.Effect != "" && !strings.EqualFold(e.Effect.Effect, "Deny") {
			continue
		}
		w := wrong(CodePolicy, "a policy denies %s: %s", f.Subject, e.Info.Assignment)
		if e.Details.Reason != "" {
			w.Why = e.Details.Reason
		}
		for _, x := range e.Details.Expressions {
			if strings.EqualFold(x.Result, "True") && x.Expression != "" {
				w.Why = "it is about the field " + x.Expression
				break
			}
		}
		list = append(list, w)
	}
	return list, nil
}
