package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// trial is what one run of this program does.
type trial struct {
	account  *azurearm.Account
	azure    *azure
	ingot    string
	location string
	group    string // name of the resource group
	dir      string // of Ingot's state, so that its mark is on nothing else
	out      io.Writer
}

func newTrial(account *azurearm.Account, ingot, location string, out io.Writer) (*trial, error) {
	ingot, err := filepath.Abs(ingot)
	if err != nil {
		return nil, err
	}
	a, err := newAzure(account)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "ingot-accept-")
	if err != nil {
		return nil, err
	}
	var unique [4]byte
	_, _ = rand.Read(unique[:]) // never fails
	return &trial{account: account, azure: a, ingot: ingot, location: location, group: "ingot-accept-" + hex.EncodeToString(unique[:]),
		dir: dir, out: out}, nil
}

func (t *trial) close() { _ = os.RemoveAll(t.dir) }

// The resources of the trial.
func (t *trial) groupID() string {
	return "/subscriptions/" + t.account.Subscription + "/resourceGroups/" + t.group
}
func (t *trial) imageID() string { return t.groupID() + "/providers/Microsoft.Compute/images/accept" }
func (t *trial) galleryID() string {
	return t.groupID() + "/providers/Microsoft.Compute/galleries/accept"
}
func (t *trial) definitionID() string { return t.galleryID() + "/images/linux" }
func (t *trial) versionID() string    { return t.definitionID() + "/versions/1.0.0" }

// What the customizer runs.
const (
	works = "echo accepted | sudo tee /etc/accepted"
	fails = "exit 7"
)

// all does everything. Its group is deleted at the end, however that comes.
func (t *trial) all(ctx context.Context) (err error) {
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Minute)
		defer cancel()
		if derr := t.step("delete "+t.group, func() error { return t.azure.delete(ctx, t.groupID()) }); derr != nil {
			err = errors.Join(err, fmt.Errorf("%w; delete it by hand: az group delete --name %s", derr, t.group))
		}
	}()
	var good, bad outcome
	return t.steps(
		part{"make a resource group, a gallery and an image definition", func() error { return t.furnish(ctx) }},
		part{"build an image", func() (err error) { good, err = t.build(ctx, "good", works); return err }},
		part{"look at the images", func() error { return t.look(ctx, good) }},
		part{"build one that fails", func() (err error) { bad, err = t.build(ctx, "bad", fails); return err }},
		part{"look at how that failed", func() error { return lookAtFailure(bad) }},
		part{"ingot clean --on azure", func() error { return t.clean(ctx) }},
		part{"look for what is left, by tag", func() error { return t.nothingLeft(ctx, good, bad) }},
	)
}

// part is one step of the trial.
type part struct {
	name string
	do   func() error
}

func (t *trial) steps(parts ...part) error {
	for _, p := range parts {
		if err := t.step(p.name, p.do); err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) step(name string, do func() error) error {
	begun := time.Now()
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(t.out, "ok %7s  %s\n", time.Since(begun).Round(time.Second/10), name)
	return nil
}

func (t *trial) furnish(ctx context.Context) error {
	if err := t.azure.group(ctx, t.group, t.location); err != nil {
		return err
	}
	for _, r := range []struct {
		id         string
		properties map[string]any
	}{
		{t.galleryID(), map[string]any{}},
		{t.definitionID(), map[string]any{"osType": "Linux", "osState": "Generalized", "hyperVGeneration": "V2",
			"identifier": map[string]any{"publisher": "ingot", "offer": "accept", "sku": "linux"}}},
	} {
		if err := t.azure.put(ctx, r.id, t.location, r.properties); err != nil {
			return err
		}
	}
	return nil
}

// template needs no identity: Ingot is who builds. The one that is named is never looked at.
func (t *trial) template(name, line string) ([]byte, error) {
	m := func(pairs ...any) map[string]any {
		all := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i].(string)] = pairs[i+1]
		}
		return all
	}
	identity := t.groupID() + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/none"
	return json.MarshalIndent(m("type", "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion", "2024-02-01", "name", name,
		"location", t.location, "identity", m("type", "UserAssigned", "userAssignedIdentities", m(identity, m())),
		"properties", m(
			"buildTimeoutInMinutes", 60, "vmProfile", m("vmSize", "Standard_B2s"),
			"source", m("type", "PlatformImage", "publisher", "Canonical", "offer", "ubuntu-24_04-lts", "sku", "server", "version", "latest"),
			"customize", []any{m("type", "Shell", "name", "accept", "inline", []string{line})},
			"distribute", []any{
				m("type", "ManagedImage", "runOutputName", "image", "imageId", t.imageID(), "location", t.location),
				m("type", "SharedImage", "runOutputName", "version", "galleryImageId", t.versionID(),
					"targetRegions", []any{m("name", t.location)}),
			},
		)), "", "  ")
}

// outcome is how a build ended.
type outcome struct {
	Run      string `json:"run"`
	State    string `json:"runState"`
	ExitCode int    `json:"exitCode"`
	Problems []struct{ What, Why string }
	said     string
}

// build runs one. A failure of the build is no error.
func (t *trial) build(ctx context.Context, name, line string) (outcome, error) {
	text, err := t.template(name, line)
	if err != nil {
		return outcome{}, err
	}
	file := filepath.Join(t.dir, name+".json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return outcome{}, err
	}
	stdout, stderr, err := t.run(ctx, "build", "--on", "azure", "--output", "json", file)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return outcome{}, err
	}
	var last struct{ Result *outcome }
	for line := range bytes.Lines(stdout) {
		if json.Unmarshal(line, &last) != nil {
			return outcome{}, fmt.Errorf("ingot build printed %q", line)
		}
	}
	if last.Result == nil || last.Result.Run == "" {
		return outcome{}, fmt.Errorf("ingot build began no run: %s%s", stderr, stdout)
	}
	last.Result.said = string(stdout)
	return *last.Result, nil
}

// run runs Ingot over the trial's own state. Ctrl-C comes to it as well, and it cleans up then.
func (t *trial) run(ctx context.Context, args ...string) (stdout, stderr []byte, err error) {
	cmd := exec.CommandContext(ctx, t.ingot, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 40 * time.Minute
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(t.dir, "state"), "XDG_DATA_HOME="+filepath.Join(t.dir, "data"),
		"XDG_CACHE_HOME="+filepath.Join(t.dir, "cache"))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.Bytes(), errs.Bytes(), err
}

func (t *trial) look(ctx context.Context, o outcome) error {
	if o.ExitCode != 0 || o.State != "Succeeded" {
		return fmt.Errorf("run %s ended with %d, %s: %s", o.Run, o.ExitCode, o.State, tail(o.said))
	}
	for id, version := range map[string]string{t.imageID(): imageAPI, t.versionID(): galleryAPI} {
		state, err := t.azure.state(ctx, id, version)
		if err != nil {
			return err
		}
		if state != "Succeeded" {
			return fmt.Errorf("%s has the state %q", id, state)
		}
	}
	return nil
}

func lookAtFailure(o outcome) error {
	if o.ExitCode != 1 || len(o.Problems) == 0 || !strings.Contains(o.Problems[0].What, `"accept" exited with 7`) {
		return fmt.Errorf("run %s ended with %d: %s", o.Run, o.ExitCode, tail(o.said))
	}
	return nil
}

func tail(text string) string { return text[max(0, len(text)-2000):] }

func (t *trial) clean(ctx context.Context) error {
	stdout, stderr, err := t.run(ctx, "clean", "--on", "azure", "--yes")
	if err != nil {
		return fmt.Errorf("%w: %s%s", err, stdout, stderr)
	}
	return nil
}

// nothingLeft looks for what bears the tag of a run. The images do not.
func (t *trial) nothingLeft(ctx context.Context, runs ...outcome) error {
	for _, o := range runs {
		left, err := t.azure.tagged(ctx, azurearm.RunTag, o.Run)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			return fmt.Errorf("run %s left %s", o.Run, strings.Join(left, ", "))
		}
	}
	return nil
}
