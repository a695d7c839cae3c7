package standing

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/provtest/sshguest"
	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

// asking is a hook that runs one command on the machine, and keeps what it was told of it.
type asking struct {
	command string
	exit    int
	data    map[string]any
}

func (h *asking) Run(ctx context.Context, name string, _ packersdk.Ui, comm packersdk.Communicator, data any) error {
	if name != packersdk.HookProvision {
		return nil
	}
	h.data, _ = data.(map[string]any)
	cmd := &packersdk.RemoteCmd{Command: h.command, Stdout: io.Discard, Stderr: io.Discard}
	if err := comm.Start(ctx, cmd); err != nil {
		return err
	}
	if h.exit = cmd.Wait(); h.exit != 0 {
		return fmt.Errorf("exit code %d", h.exit)
	}
	return nil
}

func TestSSH(t *testing.T) {
	var ran []string
	port := sshguest.Serve(t, "packer", "{{word}}", func(c sshguest.Command) (int, error) {
		ran = append(ran, c.Line)
		return len(ran) - 1, nil // the second one fails
	})
	for i, fails := range []bool{false, true} {
		b := New().(*Builder)
		if _, _, err := b.Prepare(map[string]any{
			"communicator": "ssh", "host": "127.0.0.1", "port": port, "username": "packer", "password": "{{word}}", "connect_timeout": "30s",
		}); err != nil {
			t.Fatal(err)
		}
		hook := &asking{command: fmt.Sprintf("step %d", i)}
		artifact, err := b.Run(t.Context(), packersdk.TestUi(t), hook)
		if (err != nil) != fails || (artifact == nil) != fails {
			t.Errorf("run %d: %v, %v", i, artifact, err)
		}
		if hook.data["Host"] != "127.0.0.1" || hook.data["Port"] != port || hook.data["ConnType"] != "ssh" || hook.data["User"] != "packer" {
			t.Errorf("provisioners are told %v", hook.data)
		}
	}
	if strings.Join(ran, "") != "step 0\nstep 1\n" {
		t.Errorf("the machine ran %q", ran)
	}
}

func TestWinRM(t *testing.T) {
	m := winguest.New("packer", "word")
	s, err := winrmserver.Start(m, winrmserver.Options{User: "packer", Password: "word", TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := New().(*Builder)
	if _, _, err := b.Prepare(map[string]any{
		"communicator": "winrm", "host": "127.0.0.1", "port": s.Port(), "username": "packer", "password": "word", "connect_timeout": "30s",
		"use_ssl": true, "insecure": true,
	}); err != nil {
		t.Fatal(err)
	}
	hook := &asking{command: "echo hello"}
	if _, err := b.Run(t.Context(), packersdk.TestUi(t), hook); err != nil {
		t.Fatal(err)
	}
	if hook.data["Password"] != "word" || hook.data["ConnType"] != "winrm" {
		t.Errorf("provisioners are told %v", hook.data)
	}
}

func TestNobodyThere(t *testing.T) {
	for _, communicator := range []string{"ssh", "winrm"} {
		b := New().(*Builder)
		if _, _, err := b.Prepare(map[string]any{
			"communicator": communicator, "host": "127.0.0.1", "port": 1, "username": "packer", "password": "word", "connect_timeout": "10ms",
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Run(t.Context(), packersdk.TestUi(t), &asking{}); err == nil {
			t.Errorf("%s: connected to nothing", communicator)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(context.Canceled)
	b := New().(*Builder)
	if _, _, err := b.Prepare(map[string]any{
		"communicator": "winrm", "host": "127.0.0.1", "port": 1, "username": "packer", "password": "word",
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Run(ctx, packersdk.TestUi(t), &asking{}); err != context.Canceled {
		t.Errorf("ended with %v", err)
	}
}

func TestPrepareRefuses(t *testing.T) {
	good := map[string]any{"communicator": "ssh", "host": "h", "username": "u", "password": "p"}
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"no host":         {map[string]any{"host": ""}, "host is not set"},
		"no user":         {map[string]any{"username": ""}, "username is not set"},
		"no way in":       {map[string]any{"password": ""}, "neither password nor private_key"},
		"no password":     {map[string]any{"communicator": "winrm", "password": ""}, "password is not set"},
		"port":            {map[string]any{"port": 65536}, "no port has that number"},
		"timeout":         {map[string]any{"connect_timeout": "-1s"}, "nobody can wait that long"},
		"telnet":          {map[string]any{"communicator": "telnet"}, "ssh and winrm are known"},
		"unknown setting": {map[string]any{"hots": "h"}, "hots"},
	} {
		given := map[string]any{}
		for _, m := range []map[string]any{good, c.change} {
			for k, v := range m {
				given[k] = v
			}
		}
		if _, _, err := New().Prepare(given); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
