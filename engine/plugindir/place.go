package plugindir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hashicorp/go-version"
)

// InstallFile puts a plugin into the folder that is a file of this machine.
func (i *Installer) InstallFile(ctx context.Context, src Source, path string) (Result, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Result{}, err
	}
	if st, err := os.Stat(path); err != nil {
		return Result{}, err
	} else if !st.Mode().IsRegular() {
		return Result{}, fmt.Errorf("%s is no file that can be a plugin", path)
	}
	d, err := i.Host.Describe(src.Name(), path)
	if err != nil {
		return Result{}, err
	}
	v, err := version.NewSemver(d.Version)
	if err != nil {
		return Result{}, fmt.Errorf("%s says that its version is %q, which is none", path, d.Version)
	}
	if p := v.Prerelease(); p != "" && p != "dev" {
		return Result{}, fmt.Errorf("%s says that its version is %q: only releases and their \"-dev\" versions can be used",
			path, d.Version)
	}
	if !speaksAPI(d.APIVersion) {
		return Result{}, fmt.Errorf("%s speaks version %s of the plugin API, which this program does not",
			path, d.APIVersion)
	}
	plain := v.Core().String()
	if v.Prerelease() != "" {
		plain += "-" + v.Prerelease()
	}
	folder := filepath.Join(i.Folder, filepath.FromSlash(src.String()))
	name := fmt.Sprintf("packer-plugin-%s_v%s_%s_%s", src.Name(), plain, d.APIVersion, thisSystem)
	bench, done, err := workbench(folder)
	if err != nil {
		return Result{}, err
	}
	defer done()
	program := filepath.Join(bench, name)
	if err := copyFile(path, program); err != nil {
		return Result{}, err
	}
	in, err := i.put(ctx, src, program, filepath.Join(folder, name))
	return Result{Plugin: in, From: path}, err
}

// put moves a program to its place, with its checksum, if it says of itself what its name says. The folder's other
// users see it with a right checksum or not at all: without one it is not run.
func (i *Installer) put(ctx context.Context, src Source, program, target string) (Installed, error) {
	sum, err := fileSum(program)
	if err != nil {
		return Installed{}, err
	}
	if err := os.WriteFile(program+sumSuffix, []byte(sum), 0o644); err != nil {
		return Installed{}, err
	}
	trial := named(program, src.String())
	if err := trial.verify(ctx, i.Host); err != nil {
		return Installed{}, err
	}
	if trial.Refused != "" {
		return Installed{}, fmt.Errorf("%s cannot be used: %s", filepath.Base(target), trial.Refused)
	}
	for _, suffix := range []string{"", sumSuffix} {
		if err := os.Rename(program+suffix, target+suffix); err != nil {
			return Installed{}, err
		}
	}
	trial.Path = target
	return trial, nil
}

// workbench makes a folder beside the place of a plugin, so that a program can be tried there and moved in one go. done
// removes it.
func workbench(folder string) (path string, done func(), err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", nil, fmt.Errorf("make plugin folder: %w", err)
	}
	path, err = os.MkdirTemp(folder, ".install-*")
	if err != nil {
		return "", nil, fmt.Errorf("make plugin folder: %w", err)
	}
	return path, func() { _ = os.RemoveAll(path) }, nil
}

// copyFile copies a program.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
