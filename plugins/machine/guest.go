package machine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// asRoot runs script with the rights of root, where the user can have them.
const asRoot = `[ "$(id -u)" = 0 ] && exec sh -c "$0"; exec sudo -n sh -c "$0"`

// RunAsRoot is RunInGuest for a shell script that needs the rights of root.
func RunAsRoot(ctx context.Context, comm packersdk.Communicator, script string) error {
	return RunInGuest(ctx, comm, "sh -c "+ShellWord(asRoot)+" "+ShellWord(script))
}

// RunInGuest runs a command that prints nothing of interest. It does not outlast ctx.
func RunInGuest(ctx context.Context, comm packersdk.Communicator, text string) error {
	return outputOf(ctx, comm, text, io.Discard)
}

// outputOf runs a command whose output goes to stdout. It does not outlast ctx.
func outputOf(ctx context.Context, comm packersdk.Communicator, text string, stdout io.Writer) error {
	var stderr bytes.Buffer
	cmd := &packersdk.RemoteCmd{Command: text, Stdout: stdout, Stderr: &stderr}
	if err := comm.Start(ctx, cmd); err != nil {
		return err
	}
	exited := make(chan int, 1)
	go func() { exited <- cmd.Wait() }() // ends with the connection, at the latest
	select {
	case code := <-exited:
		if code != 0 {
			return errors.New(strings.TrimSpace(fmt.Sprintf("exit code %d: %s", code, strings.TrimSpace(stderr.String()))))
		}
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// syncPatience bounds how long the guest writes what it has not written yet.
const syncPatience = 2 * time.Minute

// Sync has the guest write all it has to its disk.
func Sync(ctx context.Context, comm packersdk.Communicator) error {
	ctx, cancel := context.WithTimeoutCause(ctx, syncPatience, fmt.Errorf("the guest has not written all within %s", syncPatience))
	defer cancel()
	if err := RunInGuest(ctx, comm, "sync"); err != nil {
		return fmt.Errorf("have the guest write what it has not written: %w", err)
	}
	return nil
}

// cloudInitScript waits for the file that cloud-init writes as its last act, and prints it. Asking "cloud-init status
// --wait" would start Python, which takes an emulated processor seconds. A guest without cloud-init, or with one that
// does not run, is finished at once.
const cloudInitScript = `command -v cloud-init >/dev/null || exit 0
until [ -e /run/cloud-init/result.json ]; do
  [ -e /run/cloud-init/disabled ] && exit 0
  sleep 0.2
done
cat /run/cloud-init/result.json
`

// CloudInit waits until cloud-init has done everything. Its own complaints are shown and do not end the build:
// customizers may not need what went wrong.
func CloudInit(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
	var stdout bytes.Buffer
	if err := outputOf(ctx, comm, cloudInitScript, &stdout); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return fmt.Errorf("look for cloud-init: %w", err)
	}
	for _, complaint := range cloudInitErrors(stdout.Bytes()) {
		ui.Error("cloud-init: " + complaint)
	}
	return nil
}

// cloudInitErrors reads result.json. What it cannot read is a complaint too; no text at all is none.
func cloudInitErrors(text []byte) []string {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	var result struct {
		V1 struct {
			Errors []string `json:"errors"`
		} `json:"v1"`
	}
	if err := json.Unmarshal(text, &result); err != nil {
		return []string{fmt.Sprintf("its result cannot be read: %v", err)}
	}
	return result.V1.Errors
}
