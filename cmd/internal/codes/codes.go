// Package codes has the table of everything that Ingot finds, out of the packages that find it, and says which codes a person means.
package codes

import (
	"cmp"
	"slices"
	"sync"

	"github.com/ingot-build/ingot/engine/distribute/azure"
	"github.com/ingot-build/ingot/engine/distribute/local"
	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/fromhcl"
	"github.com/ingot-build/ingot/translate/lower"
	"github.com/ingot-build/ingot/translate/migrate"
	"github.com/ingot-build/ingot/translate/template"
)

// Entry is one kind of finding.
type Entry struct {
	diag.Entry
	Reference string // where it comes from; "" when it is not a rule of the service
	Scope     string // when it is looked for; "" for always
}

// All lists every kind of finding, by code.
var All = sync.OnceValue(func() []Entry {
	var all []Entry
	for _, r := range check.Rules() {
		all = append(all, Entry{diag.Entry{Code: r.Code, Severity: r.Severity, Summary: r.Summary}, r.Reference, r.Scope()})
	}
	for _, e := range slices.Concat(armjson.Codes(), deployment.Codes(), translate.Codes(), template.Codes(), lower.Codes(), local.Codes(),
		azure.Codes(), resolve.Codes(), migrate.Codes(), fromhcl.Codes(), preflight.Codes()) {
		all = append(all, Entry{Entry: e})
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.Code, b.Code) })
	return all
})

// Find returns the entry of a code.
func Find(code diag.Code) (Entry, bool) {
	i, ok := slices.BinarySearchFunc(All(), code, func(e Entry, c diag.Code) int { return cmp.Compare(e.Code, c) })
	if !ok {
		return Entry{}, false
	}
	return All()[i], true
}
