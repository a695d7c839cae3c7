package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/azureid"
	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/diag"
)

// preflightReport is the JSON form of what Azure said.
type preflightReport struct {
	Ready       bool             `json:"ready"` // nothing is known to be wrong
	As          string           `json:"as"`    // who Ingot is in Azure
	Facts       int              `json:"facts"` // how many were checked
	Permissions int              `json:"permissions"`
	Findings    diag.List        `json:"findings"`
	Needs       *preflight.Needs `json:"needs"`
}

// askAzure checks the needs, and shows what is not as it should be.
func askAzure(ctx context.Context, env *Env, o preflightOptions, n *preflight.Needs, all []*translated) error {
	azure, who, err := wire.Azure(ctx, env.Getenv, o.place.cloud)
	var id *azureid.Error
	if errors.As(err, &id) {
		return &service.HostError{What: id.Error(), Why: id.Why(), Fix: id.Fix()}
	}
	if err != nil {
		return err
	}
	found, err := azure.Ask(ctx, n)
	if err != nil {
		return err
	}
	report := preflightReport{As: who, Facts: len(n.Facts), Permissions: len(n.Permissions), Findings: diag.List{}, Needs: n}
	sources := view.Sources{}
	places := map[string]func(string) diag.Range{}
	for _, t := range all {
		places[t.file] = t.place
		for name, text := range t.sources {
			sources[name] = text
		}
	}
	for _, f := range found {
		report.Findings.Add(finding(f, places))
	}
	report.Ready = !report.Findings.HasErrors()
	if err := showPreflight(env, o, report, sources); err != nil {
		return err
	}
	if !report.Ready {
		return &shownError{ExitHost}
	}
	return nil
}

// finding points at the first place; the others are beside it.
func finding(f preflight.Finding, places map[string]func(string) diag.Range) diag.Diagnostic {
	d := diag.Diagnostic{Severity: f.Severity, Code: f.Code, Summary: f.Summary, Why: f.Why, Fix: f.Fix}
	for i, p := range f.Places {
		at := places[p.File](p.Path)
		if i == 0 {
			d.Subject, d.Path = at, p.Path
			continue
		}
		d.Related = append(d.Related, diag.Note{Range: at, Message: "also for " + p.Path})
	}
	return d
}

func showPreflight(env *Env, o preflightOptions, r preflightReport, sources view.Sources) error {
	if o.output == outputJSON {
		return view.Document(env.Stdout, r)
	}
	p := env.palette(env.Stdout)
	if err := view.Diagnostics(env.Stdout, p, r.Findings, sources); err != nil {
		return err
	}
	verdict := p.Good("ready to build on Azure")
	if !r.Ready {
		verdict = p.Bad("not ready to build on Azure")
	}
	blank := ""
	if len(r.Findings) > 0 {
		blank = "\n"
	}
	_, err := fmt.Fprintf(env.Stdout, "%s%s as %s: %d facts and %d permissions checked\n", blank, verdict, view.Line(r.As), r.Facts, r.Permissions)
	return err
}
