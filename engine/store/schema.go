package store

import (
	"context"
	"database/sql"
	"fmt"
)

// applicationID marks the file as ours ("ingt"), so that another program's database is not taken for an empty one.
const applicationID = 0x696e6774

// migrations brings a database from version i to i+1. Entries are never edited once released: a change is a new entry.
// Times are Unix nanoseconds; 0 means "not yet".
var migrations = []string{
	`CREATE TABLE runs (
		id            TEXT PRIMARY KEY,
		name          TEXT NOT NULL,
		template_file TEXT NOT NULL,
		state         TEXT NOT NULL,
		sub_state     TEXT NOT NULL,
		message       TEXT NOT NULL,
		started       INTEGER NOT NULL,
		ended         INTEGER NOT NULL,
		pid           INTEGER NOT NULL
	) STRICT;
	CREATE INDEX runs_by_start ON runs (started);

	CREATE TABLE outputs (
		run  TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
		name TEXT NOT NULL,
		body TEXT NOT NULL, -- events.RunOutput as JSON
		PRIMARY KEY (run, name)
	) STRICT;

	CREATE TABLE events (
		run  TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
		seq  INTEGER NOT NULL,
		body TEXT NOT NULL, -- events.Event as JSON
		PRIMARY KEY (run, seq)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE ledger (
		id       INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: a late Strike must not hit a newer entry
		run      TEXT NOT NULL REFERENCES runs,     -- no cascade: a run with entries cannot be forgotten
		kind     TEXT NOT NULL,
		name     TEXT NOT NULL,
		recorded INTEGER NOT NULL,
		UNIQUE (kind, name)                         -- a resource has one holder
	) STRICT;
	CREATE INDEX ledger_by_run ON ledger (run);`,

	`ALTER TABLE ledger ADD COLUMN kept TEXT NOT NULL DEFAULT '';`,

	`ALTER TABLE runs ADD COLUMN visits TEXT NOT NULL DEFAULT '';`,
}

// migrate brings the database up to date. It runs under the open lock, so two first starts do not meet here.
func (s *Store) migrate(ctx context.Context) error {
	version, err := s.version(ctx)
	if err != nil || version == len(migrations) {
		return err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		for i := version; i < len(migrations); i++ {
			if _, err := tx.ExecContext(ctx, migrations[i]); err != nil {
				return fmt.Errorf("migrate run database to version %d: %w", i+1, err)
			}
		}
		// PRAGMA takes no parameters; both values are our own constants.
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d",
			applicationID, len(migrations)))
		return err
	})
}

// version reads the schema version, 0 for a new file. A file of another program or of a later Ingot is an error.
func (s *Store) version(ctx context.Context) (int, error) {
	var version, application, tables int
	row := s.db.QueryRowContext(ctx, `SELECT (SELECT user_version FROM pragma_user_version),
		(SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&version, &application, &tables); err != nil {
		return 0, s.explain(ctx, err)
	}
	switch path := s.dirs.database(); {
	case application != applicationID && (application != 0 || version != 0 || tables != 0):
		return 0, &DatabaseError{Path: path, Fault: Foreign}
	case version > len(migrations):
		return 0, &DatabaseError{Path: path, Fault: Newer, Err: fmt.Errorf("version %d, known up to %d", version, len(migrations))}
	}
	return version, nil
}
