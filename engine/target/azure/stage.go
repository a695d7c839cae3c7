package azure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/azure/gateway"
	"github.com/ingot-build/ingot/engine/target/azure/staging"
	"github.com/ingot-build/ingot/translate/plan"
)

// The names of what a run leaves in its staging resource group. The builder makes its names for the rest by itself.
func snapshotName(run string) string       { return "ingot_" + run + "_os" }
func dataSnapshotPrefix(run string) string { return "ingot_" + run + "_data" }

// Stage implements target.Target: the staging resource group, and the gateway, which both VMs of a run share.
func (t *Target) Stage(ctx context.Context, r target.Request) (target.Staged, error) {
	if err := r.Record(ctx, store.Directory, r.Dir); err != nil {
		return target.Staged{}, err
	}
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return target.Staged{}, fmt.Errorf("make staging directory: %w", err)
	}
	if err := t.openGroup(ctx, r); err != nil {
		return target.Staged{}, err
	}
	if err := t.startGateway(ctx, r); err != nil {
		return target.Staged{}, err
	}
	vars := t.gateway.Variables()
	t.Secret(events.Secret(vars["client_secret"]))
	maps.Copy(vars, map[string]string{
		"location":                  "",
		"build_resource_group_name": t.group.Name,
		"image_resource_group_name": t.group.Name,
	})
	if r.Machine.BootTimeout > 0 {
		vars["boot_timeout"] = r.Machine.BootTimeout.String()
	}
	port, name := t.SSHPort, "ssh_port"
	if r.Plan.OS == plan.Windows {
		port, name = t.WinRMPort, "winrm_port"
	}
	if port != 0 {
		vars[name] = strconv.Itoa(port)
	}
	if err := t.nameKept(ctx, r, vars); err != nil {
		return target.Staged{}, err
	}
	return target.Staged{Dir: r.Dir, Vars: vars, Plugin: t.plugin.constraint, Tags: t.group.Tags,
		Detail: fmt.Sprintf("%s, resource group %s", t.group.Location, t.group.Name)}, nil
}

// nameKept names what the builder starts from and leaves, which is not the same for a validation VM.
func (t *Target) nameKept(ctx context.Context, r target.Request, vars map[string]string) error {
	switch {
	case !r.Validates:
		vars["image_name"] = "ingot-" + r.RunID
		vars["snapshot_name"] = snapshotName(r.RunID)
		if len(r.Plan.DataDisksGB) > 0 {
			vars["data_disk_snapshot_prefix"] = dataSnapshotPrefix(r.RunID)
		}
	case r.Base.Snapshot != nil:
		name, err := t.imageToValidate(ctx, r)
		if err != nil {
			return err
		}
		vars["image_name"] = name
	}
	return nil
}

// openGroup makes or adopts the staging resource group, once.
func (t *Target) openGroup(ctx context.Context, r target.Request) error {
	if t.group != nil {
		return nil
	}
	group, err := staging.Open(ctx, t.Account, staging.Request{
		Plan: r.Plan, RunID: r.RunID, Host: t.Host, TemplateGroup: t.TemplateGroup, Location: t.location(r.Plan), Timeout: r.Timeout,
		Now: time.Now(), Record: r.Record,
	})
	if err != nil {
		return err
	}
	t.group = group
	return nil
}

// startGateway puts Ingot between the plugin and Azure, once.
func (t *Target) startGateway(ctx context.Context, r target.Request) error {
	if t.gateway != nil {
		return nil
	}
	dir := ""
	if t.plugin.version != "" {
		dir = filepath.Join(r.Dir, "gateway")
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("make a folder for the gateway to Azure: %w", err)
		}
	}
	var err error
	t.gateway, err = gateway.Start(ctx, gateway.Options{
		Account: t.Account, Plugin: t.plugin.version, Dir: dir, Known: []string{t.group.ID}, Remove: true, Say: t.Say, Wait: t.Wait, Poll: t.Poll,
		Patience: t.Patience,
		Created: func(ctx context.Context, id string) error {
			t.note(id)
			kind, name := t.resource(id)
			return r.Record(ctx, kind, name)
		},
		Gone: func(id string) {
			kind, name := t.resource(id)
			if err := r.Strike(context.WithoutCancel(ctx), kind, name); err != nil {
				t.Say("the ledger could not be written: " + err.Error())
			}
		},
	})
	if err != nil {
		return fmt.Errorf("stand between the plugin and Azure: %w", err)
	}
	return nil
}
