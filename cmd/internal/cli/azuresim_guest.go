package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ingot-build/ingot/cmd/internal/qemuguest"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/lightguest"
)

// machines are what runs in the place of virtual machines; nil for nothing. Their disks are in dir.
func (o *azureSimOptions) machines(ctx context.Context, env *Env, dir string) (azuresim.Machines, error) {
	switch o.guest {
	case "none":
		return nil, nil
	case "light":
		return &lightguest.Machines{Dir: dir, Port: o.sshPort}, nil
	}
	m := &qemuguest.Machines{Dir: dir, Port: o.sshPort, Memory: o.guestMemory}
	if strings.ContainsRune(o.guestDisk, filepath.Separator) {
		m.Disk, m.Format = o.guestDisk, diskFormats[strings.ToLower(filepath.Ext(o.guestDisk))]
		if m.Format == "" {
			return nil, &usageError{what: fmt.Sprintf("--guest-disk %q is a file of no known format", o.guestDisk),
				why: "its name tells: it ends with .qcow2, .raw, .img or .vhd"}
		}
		return m, nil
	}
	svc, err := wire.Service(ctx, env.Getenv)
	if err != nil {
		return nil, err
	}
	defer svc.Close()
	image, err := svc.Images().Get(o.guestDisk)
	if err != nil {
		return nil, &service.HostError{What: err.Error(), Fix: "ingot image bootstrap debian-12, or give the path of a disk with --guest-disk"}
	}
	m.Disk, m.Format, m.Firmware = image.Path, image.Format, image.Machine.Firmware
	return m, nil
}

// diskFormats are those of files, by what their names end with.
var diskFormats = map[string]string{".qcow2": "qcow2", ".raw": "raw", ".img": "raw", ".vhd": "vpc"}
