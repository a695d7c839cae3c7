package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/translate/diag"
)

// preflightEnv is "off" where builds on Azure are not to ask first whether what they need is there.
const preflightEnv = "INGOT_AZURE_PREFLIGHT"

// preflight asks Azure whether what a build needs is there, before anything is made. The error is a *findingsError with all that is
// missing. A build that begins with a checkpoint is where that one was, and had its answers then.
func (o *siteOptions) preflight(ctx context.Context, env *Env, place placeOptions, t *translated) error {
	switch value := env.Getenv(preflightEnv); {
	case !o.azure() || o.skipPreflight || o.checkpoints.from != "" || value == "off":
		return nil
	case value != "" && value != "on":
		return &usageError{what: fmt.Sprintf("%s is %q", preflightEnv, value), fix: "unset it, or set it to off"}
	}
	usual := env.Getenv(wire.SubscriptionVariable)
	needs, err := preflight.Derive([]preflight.Input{{File: t.file, Plan: t.plan}}, preflight.Options{
		Subscription: place.subscription, Usual: usual, Location: t.plan.Azure.Location,
	})
	var bad *preflight.IDError
	if errors.As(err, &bad) {
		return &findingsError{list: refusals(t.file, err), sources: t.sources}
	}
	if err != nil {
		return err
	}
	azure, err := wire.Preflight(ctx, env.Getenv, place.cloud, preflight.Subscription(t.plan, place.subscription, usual), o.armRate)
	if err != nil {
		return err
	}
	found, err := azure.Ask(ctx, needs)
	if err != nil {
		return err
	}
	ofSize := []diag.Code{preflight.CodeVMSize, preflight.CodeQuota}
	var list diag.List
	for _, f := range found {
		if f.Severity == diag.Error && len(o.fallbackSizes) > 0 && slices.Contains(ofSize, f.Code) {
			f.Severity = diag.Warning // another size may do
		}
		list.Add(finding(f, map[string]func(string) diag.Range{t.file: t.place}))
	}
	if list.HasErrors() {
		return &findingsError{list: list, sources: t.sources, host: true}
	}
	return nil
}
