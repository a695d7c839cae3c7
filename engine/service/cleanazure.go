package service

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/engine/ledger"
	"github.com/ingot-build/ingot/engine/store"
)

// A Cleaner finds and removes what runs left in Azure.
type Cleaner interface {
	ledger.Remover
	// Find lists what bears the mark of a run and is not in list.
	Find(ctx context.Context, list []ledger.Leftover) ([]ledger.Leftover, error)
}

// AzureCleaning is one clean-up in Azure: a list for a person to look at, and the means to remove what is in it.
type AzureCleaning struct {
	Who          string // signed in as
	Subscription string
	// Left is in the order of removal, what stays included.
	Left []ledger.Leftover
	// Blind is why nothing was looked for by its tags; "" if it was. Left is what the ledger has then.
	Blind string

	service *Service
	cleaner Cleaner
}

// CleanAzure signs in to Azure and lists what dead runs left there, by the ledger and by tags, without touching it.
func (s *Service) CleanAzure(ctx context.Context, r AzureRequest) (*AzureCleaning, error) {
	if s.cfg.AzureCleaner == nil {
		return nil, &HostError{What: "this Ingot does not build on Azure"}
	}
	c, err := s.cfg.AzureCleaner(ctx, r, s.store)
	if err != nil {
		return nil, err
	}
	c.service = s
	if c.Left, err = ledger.Remote(ctx, s.store, c.cleaner); err != nil {
		return nil, err
	}
	found, err := c.cleaner.Find(ctx, c.Left)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		c.Blind = err.Error()
	}
	c.Left = append(c.Left, found...)
	return c, nil
}

// NewAzureCleaning is for Config.AzureCleaner.
func NewAzureCleaning(who, subscription string, c Cleaner) *AzureCleaning {
	return &AzureCleaning{Who: who, Subscription: subscription, cleaner: c}
}

// Clean removes what is listed and does not stay, and returns what is gone now. The error joins what could not be removed; the rest is
// removed all the same.
func (c *AzureCleaning) Clean(ctx context.Context) ([]ledger.Leftover, error) {
	gone, err := ledger.Remove(ctx, c.service.store, c.cleaner, c.Left)
	_, serr := c.service.store.Settle(ctx)
	return gone, errors.Join(err, serr, c.service.forgetVMs(ctx, gone))
}

// sayLeftInAzure tells a run that begins in Azure what earlier ones may have left there: it costs money for as long as it stands. It is not
// removed here, since a run that was cut off may go on with it.
func (s *Service) sayLeftInAzure(ctx context.Context, say func(string)) error {
	n, runs, err := s.LeftInAzure(ctx)
	if err != nil || n == 0 {
		return err
	}
	what := "a thing"
	if n > 1 {
		what = fmt.Sprintf("%d things", n)
	}
	var ids []string
	for _, r := range runs {
		ids = append(ids, r.ID)
	}
	say(fmt.Sprintf("%s of run %s may be in Azure still: ingot clean --on azure", what, strings.Join(ids, ", ")))
	return nil
}

// LeftInAzure tells how many things dead runs have in the ledger that are in Azure, without asking there, and which runs these are.
func (s *Service) LeftInAzure(ctx context.Context) (things int, runs []store.Run, err error) {
	list, err := ledger.Remote(ctx, s.store, nil)
	seen := map[string]bool{}
	for _, l := range list {
		if !seen[l.Run.ID] {
			seen[l.Run.ID] = true
			runs = append(runs, l.Run)
		}
	}
	return len(list), runs, err
}
