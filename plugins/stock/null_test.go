package stock

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/provtest"
	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

// hook is what is done to the guest.
type hook func(ctx context.Context, comm packersdk.Communicator) error

func (h hook) Run(ctx context.Context, name string, _ packersdk.Ui, comm packersdk.Communicator, _ any) error {
	if name != packersdk.HookProvision {
		return nil
	}
	return h(ctx, comm)
}

// The null builder's way into Windows sends large files in large pieces, and survives a service that answers with something that is no
// XML, which the SDK's client does not.
func TestNullWinRM(t *testing.T) {
	t.Parallel() // the SDK waits for seconds before it looks whether the connection works
	var broken atomic.Bool
	m := winguest.New("packer", "word")
	s, err := winrmserver.Start(m, winrmserver.Options{User: "packer", Password: "word",
		Fault: func(about winrmserver.Request) winrmserver.Fault {
			if broken.Load() && about.Action == "Receive" {
				return winrmserver.Garbage
			}
			return winrmserver.NoFault
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := Builders()["null"]()
	config := map[string]any{"communicator": "winrm", "winrm_host": "127.0.0.1", "winrm_port": s.Port(), "winrm_username": "packer",
		"winrm_password": "word", "winrm_no_proxy": true}
	if _, _, err := b.Prepare(config); err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	_, err = b.Run(t.Context(), new(provtest.UI), hook(func(ctx context.Context, comm packersdk.Communicator) error {
		if err := comm.Upload(`C:\large.bin`, bytes.NewReader(content), nil); err != nil {
			return err
		}
		got, err := m.ReadFile(`C:\large.bin`)
		if err != nil || !bytes.Equal(got, content) || strings.Contains(strings.Join(m.Journal(), "\n"), "echo ") {
			return fmt.Errorf("large file: %d bytes arrived, %w", len(got), err)
		}
		broken.Store(true)
		cmd := &packersdk.RemoteCmd{Command: "echo hello"}
		err = comm.Start(ctx, cmd)
		if err == nil || !strings.Contains(err.Error(), "no XML") {
			return fmt.Errorf("garbage: got %w", err)
		}
		return nil
	}))
	if err != nil {
		t.Error(err)
	}
}
