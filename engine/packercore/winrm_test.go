package packercore_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2/hcldec"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/winrm"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
	"github.com/ingot-build/ingot/plugins/wsman"
)

// windowsBuilder has a Windows guest already, and the communicator of the SDK to it.
type windowsBuilder struct {
	port int
}

func (*windowsBuilder) ConfigSpec() hcldec.ObjectSpec {
	spec := hcldec.ObjectSpec{}
	for _, name := range []string{"winrm_use_ssl", "winrm_insecure", "winrm_use_ntlm"} {
		spec[name] = &hcldec.AttrSpec{Name: name, Type: cty.Bool}
	}
	return spec
}

func (*windowsBuilder) Prepare(...any) (generated, warnings []string, err error) {
	return nil, nil, nil
}

func (b *windowsBuilder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	comm, err := winrm.New(&winrm.Config{Host: "127.0.0.1", Port: b.port, Username: "packer", Password: "word",
		Timeout: time.Minute, Https: true, Insecure: true})
	if err != nil {
		return nil, err
	}
	return new(packersdk.MockArtifact), hook.Run(ctx, packersdk.HookProvision, ui, comm, map[any]any{
		"ConnType": "winrm", "Host": "127.0.0.1", "Port": int64(b.port), "User": "packer", "Password": "word",
	})
}

// apartBuilder is one in a process of its own, as far as the engine can tell.
type apartBuilder struct{ windowsBuilder }

func (*apartBuilder) Start() error { return nil }
func (*apartBuilder) Close() error { return nil }

// The files of a build whose builder is another process go in large pieces as well, by a connection beside the builder's. It takes the
// settings of the source: with others it finds no way to the guest, and the builder's own sends the file.
func TestBesideTheBuilder(t *testing.T) {
	for _, tt := range []struct {
		name, settings string
		apart, fast    bool
	}{
		{"a process of its own", "winrm_use_ssl = true\nwinrm_insecure = true\nwinrm_use_ntlm = true", true, true},
		{"linked", "winrm_use_ssl = true\nwinrm_insecure = true", false, false},
		{"certificates are checked", "winrm_use_ssl = true", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := winguest.New("packer", "word")
			s, err := winrmserver.Start(m, winrmserver.Options{User: "packer", Password: "word", TLS: true})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			content := bytes.Repeat([]byte("0123456789abcdef"), 10_000)
			file := filepath.Join(t.TempDir(), "large.bin")
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
			r := newRig(t, map[string]string{"image.pkr.hcl": fmt.Sprintf(`
source "windows" "guest" {
  %s
}
build {
  sources = ["source.windows.guest"]
  provisioner "file" {
    source      = %q
    destination = "C:/files/large.bin"
  }
}
`, tt.settings, file)})
			r.reg.WinRM = wsman.Beside
			r.reg.Builders["windows"] = func() packersdk.Builder {
				if b := (windowsBuilder{s.Port()}); !tt.apart {
					return &b
				} else {
					return &apartBuilder{b}
				}
			}
			if _, err := r.build(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, err := m.ReadFile(`C:\files\large.bin`); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes arrived, %v", len(got), err)
			}
			if fast := !strings.Contains(strings.Join(m.Journal(), "\n"), "echo "); fast != tt.fast {
				t.Errorf("in large pieces: %v, want %v", fast, tt.fast)
			}
		})
	}
}
