// Package source finds the image in Azure that a build starts from: a marketplace image, a managed image, or a version of a gallery,
// be it in the run's subscription, in another one, shared with it, or for everybody. What "latest" is, is found here, once.
package source

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// image is what counts of a source image. "" is not known.
type image struct {
	exact   plan.Exact
	os      string   // Linux or Windows
	state   string   // Generalized or Specialized
	regions []string // that it has a replica in; nil: wherever it is asked for
	paid    *plan.PurchasePlan
}

// finder looks for one source.
type finder struct {
	account  *azurearm.Account
	location string // of the build
	plan     *plan.Plan
}

// Resolve makes the source of p exact. The findings are about the image template; an image that cannot serve is one. The error is that
// of a question that got no answer.
func Resolve(ctx context.Context, a *azurearm.Account, p *plan.Plan, location string) (diag.List, error) {
	f := &finder{account: a, location: region(location), plan: p}
	img, err := f.find(ctx)
	var list diag.List
	var no *problem
	switch {
	case errors.As(err, &no):
		list.Add(f.finding(no))
		return list, nil
	case context.Cause(ctx) != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, fmt.Errorf("look for the source image: %w", err)
	}
	for _, no := range f.check(img) {
		list.Add(f.finding(no))
	}
	p.Source.Exact = &img.exact
	return list, nil
}

func (f *finder) find(ctx context.Context) (*image, error) {
	switch s := f.plan.Source; {
	case s.PlatformImage != nil:
		return f.market(ctx, s.PlatformImage)
	case s.ManagedImage != nil:
		return f.managed(ctx, s.ManagedImage.ID)
	case s.SharedImage != nil:
		return f.gallery(ctx, s.SharedImage.ID)
	default:
		panic("source: the plan's source has no type")
	}
}

// problem is a reason why an image cannot be the source.
type problem struct {
	code           diag.Code
	what, why, fix string
}

func (p *problem) Error() string { return p.what }

// finding puts a problem at the source's place in the image template.
func (f *finder) finding(p *problem) diag.Diagnostic {
	at := f.plan.Source.Origin
	return diag.Diagnostic{Severity: diag.Error, Code: p.code, Subject: at.Range, Path: at.Path, Summary: p.what, Why: p.why, Fix: p.fix}
}

// missing is the problem of an image that is not there.
func missing(format string, args ...any) *problem {
	return &problem{code: preflight.CodeSource, what: fmt.Sprintf(format, args...), why: "Azure does not know it, or does not show it",
		fix: "check its id, and whether whoever builds may read it: ingot preflight"}
}

// absent reports whether Azure says that something is not there.
func absent(err error) bool {
	var re *azcore.ResponseError
	return errors.As(err, &re) && re.StatusCode == http.StatusNotFound
}

// text is the text that an optional value of the SDK has; "" for none.
func text[T ~string](v *T) string {
	if v == nil {
		return ""
	}
	return string(*v)
}

// region is a region's name as ids have it.
func region(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", "")) }
