package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ingot-build/ingot/plugins/machine"
)

const (
	// migratePatience bounds how long memory is written or read: a slow disk takes a minute for a few GiB.
	migratePatience = 3 * time.Minute
	// criticalPatience bounds what must come to an end whether or not anybody still waits for it; it takes QEMU milliseconds.
	criticalPatience = 30 * time.Second
	migratePoll      = 3 * time.Millisecond
)

// noLimit is the bandwidth of a migration, in bytes per second. QEMU's default is that of a slow network.
const noLimit = 1 << 40

// stateForm is the form in which this QEMU writes memory best, and has it ready to do so.
func (m *monitor) stateForm(ctx context.Context) (string, error) {
	var capabilities []struct{ Capability string }
	if err := m.Run(ctx, &capabilities, "query-migrate-capabilities", nil); err != nil {
		return "", err
	}
	for _, c := range capabilities {
		if c.Capability == stateMapped { // since QEMU 9.0
			return stateMapped, nil
		}
	}
	return stateStream, nil
}

// prepareMigration makes a QEMU write, or read, memory in a form.
func (m *monitor) prepareMigration(ctx context.Context, form string) error {
	parameters := map[string]any{"max-bandwidth": noLimit}
	if form == stateMapped {
		type capability struct {
			Capability string `json:"capability"`
			State      bool   `json:"state"`
		}
		err := m.Run(ctx, nil, "migrate-set-capabilities", map[string]any{
			"capabilities": []capability{{stateMapped, true}, {"multifd", true}}})
		if err != nil {
			return err
		}
		parameters["multifd-channels"] = 2
	}
	return m.Run(ctx, nil, "migrate-set-parameters", parameters)
}

// save writes the memory of a guest that stands still to path, for nobody else to read, since secrets are in it. When ctx ends it is
// called off. Nothing is left at path after an error.
func (m *monitor) save(ctx context.Context, form, path string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	done := path + ".done"
	defer func() {
		os.Remove(done)
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	if err := f.Close(); err != nil {
		return err
	}
	if err := m.prepareMigration(ctx, form); err != nil {
		return err
	}
	uri := "file:" + path
	if form == stateStream {
		// QEMU calls a migration done when it has written all to cat, which may not have done so itself.
		uri = fmt.Sprintf("exec:umask 077; cat >%s && : >%s", machine.ShellWord(path), machine.ShellWord(done))
	}
	if err := m.Run(ctx, nil, "migrate", map[string]any{"uri": uri}); err != nil {
		return err
	}
	if err := m.migrated(ctx); err != nil {
		return errors.Join(err, m.cancelMigration(ctx))
	}
	if form != stateStream {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, criticalPatience, errors.New("what QEMU wrote did not reach the disk"))
	defer cancel()
	return machine.Poll(ctx, migratePoll, func() bool { return machine.IsFile(done) })
}

// load has a QEMU that was started for it read memory from path.
func (m *monitor) load(ctx context.Context, form, path string) error {
	if err := m.prepareMigration(ctx, form); err != nil {
		return err
	}
	uri := "file:" + path
	if form == stateStream {
		uri = "exec:exec cat " + machine.ShellWord(path)
	}
	if err := m.Run(ctx, nil, "migrate-incoming", map[string]any{"uri": uri}); err != nil {
		return err
	}
	return m.migrated(ctx)
}

// migrated waits for the end of a migration.
func (m *monitor) migrated(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, migratePatience, fmt.Errorf("QEMU needs longer than %s for it", migratePatience))
	defer cancel()
	for {
		status, why, err := m.migration(ctx)
		switch {
		case err != nil:
			return err
		case status == "completed":
			return nil
		case status == "failed" || status == "cancelled":
			return fmt.Errorf("QEMU says %q: %s", status, why)
		}
		if machine.Pause(ctx, migratePoll); ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// migration asks how far a migration is; "" before the first one.
func (m *monitor) migration(ctx context.Context) (status, why string, err error) {
	var answer struct {
		Status string
		Why    string `json:"error-desc"`
	}
	err = m.Run(ctx, &answer, "query-migrate", nil)
	return answer.Status, answer.Why, err
}

// cancelMigration calls a migration off if it is under way, and waits until QEMU lets go of it: the guest cannot go on before.
func (m *monitor) cancelMigration(ctx context.Context) error {
	ctx, cancel := machine.Critical(ctx)
	defer cancel()
	if err := m.Run(ctx, nil, "migrate_cancel", nil); err != nil {
		return err
	}
	for {
		switch status, _, err := m.migration(ctx); {
		case err != nil:
			return err
		case status == "cancelled" || status == "failed" || status == "completed" || status == "":
			return nil
		}
		if machine.Pause(ctx, migratePoll); ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}
