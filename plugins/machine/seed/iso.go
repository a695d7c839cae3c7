package seed

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/iso9660"
)

// blockSize is that of every ISO 9660 disk, in bytes.
const blockSize = 2048

// Write makes an ISO 9660 image for cloud-init at path that holds files. Rock Ridge keeps their names as they are: plain ISO 9660
// would make META_DAT of meta-data. An image already there is replaced; one that could not be finished is removed.
func Write(path string, files []File) error {
	return write(path, files, iso9660.FinalizeOptions{RockRidge: true, VolumeIdentifier: VolumeID})
}

// WriteWindows does so for Windows, which knows long names by Joliet alone.
func WriteWindows(path string, files []File) error {
	return write(path, files, iso9660.FinalizeOptions{Joliet: true, VolumeIdentifier: "INGOT"})
}

func write(path string, files []File, options iso9660.FinalizeOptions) (err error) {
	work, err := os.MkdirTemp(filepath.Dir(path), ".seed-")
	if err != nil {
		return fmt.Errorf("make seed disk: %w", err)
	}
	defer os.RemoveAll(work)
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(work, f.Name), f.Data, 0o600); err != nil {
			return fmt.Errorf("make seed disk: %w", err)
		}
	}

	image, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("make seed disk: %w", err)
	}
	defer func() {
		if cerr := image.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			err = fmt.Errorf("make seed disk %s: %w", path, err)
			os.Remove(path)
		}
	}()
	fs, err := iso9660.Create(file.New(image, false), 0, 0, blockSize, work)
	if err != nil {
		return err
	}
	return fs.Finalize(options)
}
