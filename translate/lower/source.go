package lower

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/template"
)

const sourcePath = "properties.source"

func lowerSource(l *lowering) {
	switch s := l.t.Source.(type) {
	case *template.PlatformImage:
		l.p.Source.PlatformImage = &plan.PlatformImage{
			Publisher: s.Publisher.Value, Offer: s.Offer.Value, SKU: s.SKU.Value, Version: s.Version.Value,
			Plan: purchasePlan(s.PlanInfo),
		}
	case *template.ManagedImage:
		l.p.Source.ManagedImage = &plan.ImageRef{ID: resourceID(s.ImageID.Value)}
	case *template.SharedImageVersion:
		l.p.Source.SharedImage = &plan.ImageRef{ID: resourceID(s.ImageVersionID.Value)}
	default:
		panic(fmt.Sprintf("lower: source %T is not a known case", s))
	}
	l.p.Source.Origin = plan.Origin{Path: sourcePath, Range: l.t.Source.SourceRange()}
}

// purchasePlan is nil when there is none, and when part of it is not known: see known.go.
func purchasePlan(i template.PlanInfo) *plan.PurchasePlan {
	if !i.IsSet() || !i.IsKnown() || !i.Name.IsKnown() || !i.Product.IsKnown() || !i.Publisher.IsKnown() {
		return nil
	}
	return &plan.PurchasePlan{Name: i.Name.Value, Product: i.Product.Value, Publisher: i.Publisher.Value}
}

// resourceID drops a slash at the end, which the service tolerates, so that one resource has one spelling here.
func resourceID(id string) string { return strings.TrimRight(id, "/") }
