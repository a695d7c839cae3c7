package store

import (
	"errors"
	"path/filepath"
)

// Dirs are the three folders Ingot keeps things in. They need not exist.
type Dirs struct {
	State string // ingot.db, runs/<id>, staging/<id>: what Ingot is doing and did
	Data  string // images, gallery: what the user wants to keep
	Cache string // downloads, accel.json: what can be made again
}

// DirsFromEnv follows the XDG base directory rules: $XDG_STATE_HOME/ingot and so on, with the usual places under $HOME where a
// variable is unset, empty or not an absolute path. It fails only if such a place is needed and HOME is not an absolute path.
// Reference: https://specifications.freedesktop.org/basedir-spec/latest/
func DirsFromEnv(getenv func(string) string) (Dirs, error) {
	home := getenv("HOME")
	var missing bool
	dir := func(variable string, underHome ...string) string {
		base := getenv(variable)
		if !filepath.IsAbs(base) {
			missing = missing || !filepath.IsAbs(home)
			base = filepath.Join(append([]string{home}, underHome...)...)
		}
		return filepath.Join(base, "ingot")
	}
	d := Dirs{
		State: dir("XDG_STATE_HOME", ".local", "state"),
		Data:  dir("XDG_DATA_HOME", ".local", "share"),
		Cache: dir("XDG_CACHE_HOME", ".cache"),
	}
	if missing {
		return Dirs{}, errors.New("no place to keep runs and images: HOME is not set to an absolute path; " +
			"set HOME, or XDG_STATE_HOME, XDG_DATA_HOME and XDG_CACHE_HOME")
	}
	return d, nil
}

// Roots lists the folders that are Ingot's own; nothing outside them is ever removed.
func (d Dirs) Roots() []string { return []string{d.State, d.Data, d.Cache} }

// Runs is the folder with one folder per run.
func (d Dirs) Runs() string { return filepath.Join(d.State, "runs") }

// Staging is the folder with one folder per run that has a build VM.
func (d Dirs) Staging() string { return filepath.Join(d.State, "staging") }

// database is the file with everything that is not a blob.
func (d Dirs) database() string { return filepath.Join(d.State, "ingot.db") }

// runDir is the folder of one run.
func (d Dirs) runDir(id string) string { return filepath.Join(d.Runs(), id) }
