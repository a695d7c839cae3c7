package plugindir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Folder is where plugins are, for an environment: PACKER_PLUGIN_PATH, else "plugins" in Packer's configuration folder,
// which is $PACKER_CONFIG_DIR/.packer.d, ~/.packer.d if that exists, $XDG_CONFIG_HOME/packer, or ~/.config/packer, in
// this order. It need not exist.
func Folder(getenv func(string) string) (string, error) {
	if dir := getenv("PACKER_PLUGIN_PATH"); dir != "" {
		if strings.ContainsRune(dir, os.PathListSeparator) {
			return "", fmt.Errorf("PACKER_PLUGIN_PATH is %q: it names one folder, and not a list of them any more", dir)
		}
		return filepath.Abs(dir)
	}
	config, err := configFolder(getenv)
	if err != nil {
		return "", err
	}
	return filepath.Abs(filepath.Join(config, "plugins"))
}

// configFolder is Packer's configuration folder.
func configFolder(getenv func(string) string) (string, error) {
	const old = ".packer.d"
	if dir := getenv("PACKER_CONFIG_DIR"); dir != "" {
		return filepath.Join(dir, old), nil
	}
	home := getenv("HOME")
	if home == "" {
		return "", errors.New("no plugin folder: HOME is not set, nor is PACKER_PLUGIN_PATH")
	}
	if _, err := os.Stat(filepath.Join(home, old)); err == nil {
		return filepath.Join(home, old), nil
	}
	if xdg := getenv("XDG_CONFIG_HOME"); xdg != "" {
		return filepath.Join(xdg, "packer"), nil
	}
	return filepath.Join(home, ".config", "packer"), nil
}
