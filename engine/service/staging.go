package service

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// StageRequest is a plan whose scripts and files are wanted.
type StageRequest struct {
	Plan         *plan.Plan // its contents become exact
	TemplateFile string
	Staging      resolve.Policy
	Progress     func(events.Progress) // nil: nobody watches
	Say          func(line string)     // what a person should know, such as who reads and what is overridden; nil: nobody
}

// Stage fetches the scripts and files that a plan names, without starting anything. Findings are about the user's text.
func (s *Service) Stage(ctx context.Context, r StageRequest) (diag.List, error) {
	file, err := filepath.Abs(r.TemplateFile)
	if err != nil {
		return nil, fmt.Errorf("find the image template's folder: %w", err)
	}
	opts := s.resolver(filepath.Dir(file))
	opts.Policy, opts.Progress, opts.Say = r.Staging, r.Progress, r.Say
	return resolve.Contents(ctx, r.Plan, opts)
}
