package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
)

// deployed lists what a template deployment makes, by evaluating it as Azure will. What cannot be told before, such as a name with a new
// guid in it, is refused: nothing is made that nobody knows of.
func (g *Gateway) deployed(ctx context.Context, c *call) ([]made, error) {
	group := c.group()
	if group == "" || len(c.parts) != 8 {
		return nil, refuse(http.StatusForbidden, codeRefused, "%s: only deployments to a resource group are passed on", c.path)
	}
	location, err := g.groupLocation(ctx, c)
	if err != nil {
		return nil, err
	}
	list, err := readDeployment(c.place, c.body, location, g.who.tenant)
	if err != nil {
		return nil, refuse(http.StatusForbidden, codeRefused, "%s: what it makes is not known before it is made: %s", c.path, firstLine(err))
	}
	return list, nil
}

// groupLocation asks for the region of a deployment's resource group, which its template may use.
func (g *Gateway) groupLocation(ctx context.Context, c *call) (string, error) {
	var group struct {
		Location string `json:"location"`
	}
	id := strings.Join(c.parts4(), "/")
	status, data, err := g.ask(ctx, id, "2021-04-01")
	switch {
	case err != nil:
		return "", err
	case status >= 300:
		f := azurearm.ExplainBody(status, data)
		return "", refuse(status, f.Code, "%s", f.Message)
	case json.Unmarshal(data, &group) != nil || group.Location == "":
		return "", refuse(http.StatusBadGateway, codeUnreachable, "%s: Azure does not say where it is", id)
	}
	return group.Location, nil
}

// unseen are warnings that a resource may not be in the list, or one too many.
var unseen = []diag.Code{deployment.CodeUnknown, deployment.CodeLinked, deployment.CodeNotCovered}

// readDeployment evaluates the body of a request for a deployment.
func readDeployment(at place, body []byte, location, tenant string) ([]made, error) {
	request, findings := armjson.Parse("deployment.json", body)
	if findings.HasErrors() {
		return nil, fmt.Errorf("the request is no JSON: %s", findings[0].Summary)
	}
	props := request.Get("properties")
	if mode := props.Get("mode"); mode != nil && (mode.Kind != armjson.String || !strings.EqualFold(mode.Text, "Incremental")) {
		return nil, fmt.Errorf("its mode is not Incremental: it would delete")
	}
	template := props.Get("template")
	if template == nil || !props.Get("templateLink").IsNull() || !props.Get("parametersLink").IsNull() {
		return nil, fmt.Errorf("its template or parameters are elsewhere")
	}
	params := deployment.Params{
		Strict: true, SubscriptionID: at.subscription(), ResourceGroup: at.group(), TenantID: tenant, Location: location,
	}
	if given := props.Get("parameters"); !given.IsNull() {
		params.File = armjson.NewObject([]armjson.Member{{Key: "parameters", Value: given}})
	}
	expanded, findings := deployment.Expand(template, params)
	for _, d := range findings {
		if d.Severity == diag.Error || slices.Contains(unseen, d.Code) {
			return nil, fmt.Errorf("%s", strings.TrimSuffix(d.Summary+": "+d.Why, ": "))
		}
	}
	var list []made
	for _, r := range expanded.Resources {
		where, err := resourcePlace(at, r)
		if err != nil {
			return nil, err
		}
		list = append(list, made{where.id(), r.APIVersion})
		if where.typ() == vmType {
			if list, err = appendDisks(list, where, r.Body, diskVersion); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// resourcePlace is the id of a resource of a template, which has to be one that is known, in the deployment's own resource group.
func resourcePlace(at place, r deployment.Resource) (place, error) {
	for _, name := range []string{"type", "name", "apiVersion"} {
		if v := r.Body.Get(name); name != "apiVersion" && (v == nil || v.Kind != armjson.String) {
			return place{}, fmt.Errorf("the %s of resource %s is not known", name, r.Path)
		}
	}
	where, err := readPlace(strings.TrimSuffix(r.ID, "/"))
	if err != nil || !where.isResource() {
		return place{}, fmt.Errorf("resource %s has no valid id: %.200q", r.Path, r.ID)
	}
	if !inside(where.key(), strings.ToLower(strings.Join(at.parts4(), "/"))) {
		return place{}, fmt.Errorf("resource %s is not in resource group %s", r.Path, at.group())
	}
	return where, nil
}
