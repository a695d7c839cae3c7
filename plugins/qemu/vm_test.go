package qemu

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// baseImage is the disk that the tests with a real guest start from.
func baseImage(t *testing.T) string {
	t.Helper()
	path := os.Getenv("INGOT_TEST_IMAGE")
	if path == "" {
		t.Skip("INGOT_TEST_IMAGE is not set: it is the path of a bootable Debian cloud image (qcow2 with cloud-init and sshd)")
	}
	if _, err := findPrograms(); err != nil {
		t.Skip(err)
	}
	return path
}

// hookFunc is what happens instead of provisioners.
type hookFunc func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error

func (f hookFunc) Run(ctx context.Context, name string, ui packersdk.Ui, comm packersdk.Communicator, _ interface{}) error {
	if name != packersdk.HookProvision {
		return nil
	}
	return f(ctx, ui, comm)
}

// command runs one command in the guest and returns what it said.
func command(ctx context.Context, comm packersdk.Communicator, text string) (string, error) {
	var out, errs bytes.Buffer // not one for both: they are written to at the same time
	cmd := &packersdk.RemoteCmd{Command: text, Stdout: &out, Stderr: &errs}
	if err := comm.Start(ctx, cmd); err != nil {
		return "", err
	}
	if code := cmd.Wait(); code != 0 {
		return out.String(), fmt.Errorf("%q exited with %d: %s", text, code, errs.String())
	}
	return out.String(), nil
}

func TestBuildRealGuest(t *testing.T) {
	image := baseImage(t)
	for _, firmware := range []string{firmwareBIOS, firmwareUEFI} {
		t.Run(firmware, func(t *testing.T) {
			// Longer than a socket's path may be.
			dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 30))
			b := prepared(t, map[string]any{
				"source_disk": image, "source_format": "qcow2", "output_directory": dir, "firmware": firmware,
			})
			ui := newRecorder()
			artifact, err := b.Run(t.Context(), ui, hookFunc(func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
				out, err := command(ctx, comm, "sudo -n id -u")
				t.Log(out)
				return err
			}))
			t.Log(strings.Join(ui.lines(), "\n"))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("boot took %.1f s", artifact.State(StateBootSeconds))
		})
	}
}
