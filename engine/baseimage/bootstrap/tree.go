package bootstrap

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/ingot-build/ingot/engine/runcmd"
)

//go:embed rootfs configure.sh mke2fs.conf
var files embed.FS

// installTree fills b.tree with an installed Debian and takes out what would make two machines alike.
func (b *build) installTree(ctx context.Context) error {
	if err := b.writeHook(); err != nil {
		return err
	}
	mirror, err := hostMirror("/etc/apt", b.suite)
	if err != nil {
		return err
	}
	proxies, err := b.proxies(ctx)
	if err != nil {
		return err
	}
	args := []string{
		"--mode=root", // asRoot saw to that
		"--variant=minbase", "--format=directory", "--architectures=amd64",
		"--include=" + strings.Join(packages, ","),
		"--customize-hook=" + filepath.Join(b.Dir, "configure"),
		"--dpkgopt=force-unsafe-io", `--aptopt=Acquire::Languages "none"`,
	}
	args = append(append(args, proxies...), b.suite, b.tree)
	c := b.host.asRoot("mmdebstrap", append(args, mirror.lines(b.suite)...)...)
	c.Dir = b.Dir
	// mmdebstrap works in TMPDIR; inside Dir it is removed with the rest even after a crash. No SOURCE_DATE_EPOCH:
	// with it, Python's compiler makes files that are checked against the hash of their source at every start, which costs an
	// emulated guest a good part of cloud-init's time.
	c.Env = append(c.Env, "TMPDIR="+b.Dir, "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	if _, err := b.Runner.Run(ctx, c); err != nil {
		return err
	}
	return b.finishTree()
}

// writeHook lays out the hook and, beside it, the files it copies into the tree.
func (b *build) writeHook() error {
	hook, err := files.ReadFile("configure.sh")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.Dir, "configure"), hook, 0o755); err != nil {
		return err
	}
	rootfs, err := fs.Sub(files, "rootfs")
	if err != nil {
		return err
	}
	overlay := filepath.Join(b.Dir, "overlay")
	if err := os.CopyFS(overlay, rootfs); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"etc/fstab":            b.fstab(),
		"etc/apt/sources.list": strings.Join(publicMirror.lines(b.suite), "\n") + "\n",
	} {
		file := filepath.Join(overlay, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (b *build) fstab() string {
	efi := strings.ToUpper(b.ids.efiFS[:4] + "-" + b.ids.efiFS[4:]) // as blkid spells it
	return "UUID=" + b.ids.rootFS + " / ext4 rw,discard,errors=remount-ro,x-systemd.growfs 0 1\n" +
		"UUID=" + efi + " /boot/efi vfat umask=0077 0 0\n"
}

// finishTree sets what mmdebstrap's own cleanup would undo. It works through os.Root: no link in the tree leads out of it.
func (b *build) finishTree() error {
	root, err := os.OpenRoot(b.tree)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range []string{"etc/hostname", "etc/hosts"} {
		text, err := files.ReadFile("rootfs/" + name)
		if err != nil {
			return err
		}
		if err := replaceFile(root, name, text); err != nil {
			return err
		}
	}
	// An empty machine-id, as opposed to none, is what systemd fills at the first boot.
	if err := replaceFile(root, "etc/machine-id", nil); err != nil {
		return err
	}
	if err := root.RemoveAll("etc/resolv.conf"); err != nil {
		return err
	}
	if err := root.Symlink("../run/systemd/resolve/stub-resolv.conf", "etc/resolv.conf"); err != nil {
		return err
	}
	return makeDir(root, "boot/efi")
}

// replaceFile writes a file anew, so that an old one's mode or a link does not matter; nor does the umask of this process.
func replaceFile(root *os.Root, name string, text []byte) error {
	if err := root.RemoveAll(name); err != nil {
		return err
	}
	if err := root.WriteFile(name, text, 0o644); err != nil {
		return err
	}
	return root.Chmod(name, 0o644)
}

// makeDir makes the last folder of name; those above it exist, or get made with it.
func makeDir(root *os.Root, name string) error {
	if dir := path.Dir(name); dir != "." {
		if _, err := root.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			if err := makeDir(root, dir); err != nil {
				return err
			}
		}
	}
	if err := root.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return root.Chmod(name, 0o755)
}

// proxies asks the host's apt for its proxies; mmdebstrap does not read the host's apt.conf. Those in the environment are
// passed on anyway.
func (b *build) proxies(ctx context.Context) ([]string, error) {
	var options []string
	for _, key := range []string{"Acquire::http::Proxy", "Acquire::https::Proxy"} {
		out, err := b.Runner.Run(ctx, runcmd.Cmd{
			Path: b.host.paths["apt-config"], Args: []string{"dump", "--no-empty", "--format", "%v%n", key}})
		if err != nil {
			return nil, fmt.Errorf("the host's apt settings: %w", err)
		}
		// The first line is the key itself, lines below belong to single hosts.
		if value, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n"); value != "" {
			options = append(options, fmt.Sprintf("--aptopt=%s %q", key, value))
		}
	}
	return options, nil
}
