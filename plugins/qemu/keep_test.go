package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	gossh "golang.org/x/crypto/ssh"

	"github.com/ingot-build/ingot/plugins/machine"
)

// With on-error "abort" the VM in which a step failed goes on running, and the way in works.
func TestBuildAborted(t *testing.T) {
	for _, onError := range []string{"abort", "run-cleanup-provisioner"} {
		t.Run(onError, func(t *testing.T) {
			b := newFakeBuild(t, goodGuest, map[string]any{"packer_on_error": onError})
			_, err := b.builder.Run(t.Context(), b.ui, hookFunc(sayNo))
			if err == nil || err.Error() != "script said no" {
				t.Errorf("got %v", err)
			}
			text, err := os.ReadFile(filepath.Join(b.dir, machine.KeptFile))
			if err != nil {
				t.Fatal(err)
			}
			var kept machine.Kept
			if err := json.Unmarshal(text, &kept); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = syscall.Kill(-kept.PID, syscall.SIGKILL) })

			key := filepath.Join(b.dir, machine.KeyFile)
			_, port, _ := strings.Cut(kept.Address, ":")
			want := machine.Kept{
				Name: "ingot-test", PID: kept.PID, Address: "127.0.0.1:" + port, User: "packer", Disk: filepath.Join(b.dir, machine.DiskFile),
				Command: "ssh -i " + key + " -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p " +
					port + " packer@127.0.0.1",
			}
			if diff := cmp.Diff(want, kept); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
			if said := strings.Join(b.ui.lines(), "\n"); !strings.Contains(said, kept.Command) || !strings.Contains(said, kept.Disk) || strings.Contains(said, "skipping cleanup") {
				t.Errorf("the way in is not said: %s", said)
			}
			for _, name := range []string{machine.KeyFile, machine.KeptFile} {
				if info, err := os.Stat(filepath.Join(b.dir, name)); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%s: %v, %v", name, info, err)
				}
			}
			logIn(t, kept, key)
		})
	}
}

// logIn runs a command in a kept VM, as its user would.
func logIn(t *testing.T, kept machine.Kept, keyPath string) {
	t.Helper()
	text, err := os.ReadFile(keyPath)
	if err != nil {
		t.Fatal(err)
	}
	key, err := gossh.ParsePrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	client, err := gossh.Dial("tcp", kept.Address, &gossh.ClientConfig{
		User: kept.User, Auth: []gossh.AuthMethod{gossh.PublicKeys(key)}, HostKeyCallback: gossh.InsecureIgnoreHostKey(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if out, err := session.Output("echo still here"); err != nil || string(out) != "still here\n" {
		t.Errorf("the VM says %q, %v", out, err)
	}
}

// What cannot be logged in to is not kept running: only its disk stays. A cancelled build counts as well: nobody waits for it.
func TestBuildAbortedWithoutVM(t *testing.T) {
	why := errors.New("cancelled by the user")
	for _, tc := range []struct {
		name, guest, at string
		hook            hookFunc
	}{
		{name: "QEMU died", guest: goodGuest, hook: run("kill -9 $PPID")},
		{name: "cancelled", guest: goodGuest, at: "say provisioning",
			hook: func(ctx context.Context, ui packersdk.Ui, comm packersdk.Communicator) error {
				ui.Say("provisioning")
				_, err := command(ctx, comm, "sleep 20")
				return err
			}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newFakeBuild(t, tc.guest, map[string]any{"packer_on_error": "abort"})
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			b.ui.onLine = func(line string) {
				if tc.at != "" && strings.HasPrefix(line, tc.at) {
					cancel(why)
				}
			}
			if _, err := b.builder.Run(ctx, b.ui, tc.hook); err == nil {
				t.Error("no error")
			}
			b.checkGone(t)
			if diff := cmp.Diff([]string{machine.ConsoleFile, machine.DiskFile}, b.left(t)); diff != "" {
				t.Errorf("kept in the output directory: %s", diff)
			}
			if !slices.ContainsFunc(b.ui.lines(), func(line string) bool {
				return strings.Contains(line, "Kept for a look inside: "+filepath.Join(b.dir, machine.DiskFile))
			}) {
				t.Errorf("where it was kept is not said: %q", b.ui.lines())
			}
		})
	}
}
