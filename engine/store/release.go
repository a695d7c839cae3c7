package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Release undoes Keep: what a run has noted goes again when the run is cleaned up after.
func (s *Store) Release(ctx context.Context, run string) error {
	ctx = context.WithoutCancel(ctx)
	err := s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE ledger SET kept = '' WHERE run = ?`, run)
		return err
	})
	if err != nil {
		return fmt.Errorf("let go what run %s made: %w", run, err)
	}
	return nil
}
