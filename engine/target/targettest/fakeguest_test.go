package targettest_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2/hcldec"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/plugins/all"
)

// folderBuilder is what the fake target is built with: the configuration is that of ingot-qemu, and the machine is a folder, in which
// commands run by the shell of the host. That folder is its disk as well.
type folderBuilder struct{ config cty.Value }

func (b *folderBuilder) ConfigSpec() hcldec.ObjectSpec {
	return all.Builders()["ingot-qemu"]().ConfigSpec()
}

func (b *folderBuilder) Prepare(raws ...any) (generated, warnings []string, err error) {
	for _, raw := range raws {
		if config, ok := raw.(cty.Value); ok {
			b.config = config
		}
	}
	return nil, nil, nil
}

func (b *folderBuilder) get(name string) string { return b.config.GetAttr(name).AsString() }

func (b *folderBuilder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	m := &folderMachine{disk: filepath.Join(b.get("output_directory"), "disk.qcow2")}
	err := os.MkdirAll(filepath.Join(m.disk, "tmp"), 0o700)
	if layer := b.get("layer"); err == nil && layer != "" {
		err = os.CopyFS(m.disk, os.DirFS(filepath.Join(layer, "disk.qcow2")))
	}
	if err != nil {
		return nil, err
	}
	values := map[string]any{"ID": "folder", "ConnType": "ssh", "Host": "127.0.0.1", "Port": 22, "User": "packer", "SSHPrivateKey": "a key"}
	if err := hook.Run(ctx, packersdk.HookProvision, ui, m, values); err != nil {
		return nil, err
	}
	return &packersdk.MockArtifact{BuilderIdValue: "folder", FilesValue: []string{m.disk}}, nil
}

// folderMachine is a communicator for a folder.
type folderMachine struct {
	packersdk.MockCommunicator // for what no step of the suite asks for
	disk                       string
}

// inside has a path of the guest's /tmp lie in the folder.
func (m *folderMachine) inside(text string) string {
	return strings.ReplaceAll(text, "/tmp/", m.disk+"/tmp/")
}

func (m *folderMachine) Start(ctx context.Context, r *packersdk.RemoteCmd) error {
	cmd := exec.CommandContext(ctx, "sh", "-c", m.inside(r.Command))
	cmd.Env = []string{"HOME=" + m.disk, "PATH=" + m.disk + "/bin:" + os.Getenv("PATH")}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = r.Stdin, r.Stdout, r.Stderr
	if err := m.programs(); err != nil {
		return err
	}
	go func() {
		var exit *exec.ExitError
		switch err := cmd.Run(); {
		case err == nil:
			r.SetExited(0)
		case errors.As(err, &exit):
			r.SetExited(exit.ExitCode())
		default:
			r.SetExited(packersdk.CmdDisconnect)
		}
	}()
	return nil
}

// programs puts those into the folder that the scripts of the suite call, and that would act on the host.
func (m *folderMachine) programs() error {
	bin := filepath.Join(m.disk, "bin")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return err
	}
	for name, text := range map[string]string{"id": "#!/bin/sh\necho packer\n", "sudo": "#!/bin/sh\nexit 0\n"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o700); err != nil {
			return err
		}
	}
	return nil
}

func (m *folderMachine) Upload(path string, from io.Reader, _ *os.FileInfo) error {
	text, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	return os.WriteFile(m.inside(path), text, 0o700)
}

// Freeze implements packercore.Machine.
func (m *folderMachine) Freeze(_ context.Context, dir string, _ bool) ([]byte, error) {
	return []byte(`{"cpus": 1, "memoryMiB": 256, "firmware": "bios"}`), os.CopyFS(filepath.Join(dir, "disk.qcow2"), os.DirFS(m.disk))
}
