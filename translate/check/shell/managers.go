package shell

import (
	"slices"
	"strings"
)

// manager is what a family of package managers has in common.
type manager struct {
	valued  []string // options whose value is the next word
	asks    []string // what asks before it is done
	changes []string // what needs root: those too
}

var managers = map[string]*manager{
	"apt-get": aptGet, "apt": aptGet, "aptitude": aptGet,
	"yum": dnf, "dnf": dnf, "dnf5": dnf, "microdnf": dnf, "tdnf": dnf,
	"zypper": zypper,
}

var (
	aptGet = &manager{
		valued: []string{"-o", "-c", "-t", "-a", "--option", "--config-file", "--target-release", "--default-release"},
		asks: []string{"install", "reinstall", "remove", "purge", "upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade",
			"autoremove", "autopurge", "build-dep", "satisfy"},
		changes: []string{"update", "clean", "autoclean"},
	}
	dnf = &manager{
		valued: []string{"-c", "-d", "-e", "-x", "-R", "--config", "--enablerepo", "--disablerepo", "--repo", "--repoid", "--exclude",
			"--setopt", "--releasever", "--installroot", "--forcearch"},
		asks: []string{"install", "localinstall", "reinstall", "remove", "erase", "update", "upgrade", "upgrade-minimal",
			"update-minimal", "downgrade", "autoremove", "swap", "distro-sync", "groupinstall", "groupupdate", "groupremove"},
	}
	zypper = &manager{
		valued: []string{"-c", "-R", "--root", "--config", "-D", "--reposd-dir", "--repo", "-r", "--from", "-t", "--type"},
		asks: []string{"install", "in", "remove", "rm", "update", "up", "patch", "dist-upgrade", "dup", "source-install", "si",
			"install-new-recommends", "inr"},
		changes: []string{"addrepo", "ar", "removerepo", "rr", "modifyrepo", "mr", "refresh", "ref", "addlock", "al", "clean", "cc"},
	}
)

// packages tells what a package manager is told to do: "install", and the words after that. verb is nil if the command is none, or
// what it does is not known.
func (c *Command) packages() (m *manager, verb *Arg, names []Arg) {
	m, ok := managers[c.Name]
	if !ok {
		return nil, nil, nil
	}
	words := c.plain(m.valued...)
	if len(words) == 0 || !words[0].Known() {
		return m, nil, nil
	}
	return m, &words[0], words[1:]
}

// dry reports whether a package manager is told to do nothing but say what it would.
func (c *Command) dry(m *manager) bool {
	switch m {
	case aptGet:
		return c.maybe("s", "simulate", "just-print", "dry-run", "recon", "no-act", "print-uris", "help", "version")
	case dnf:
		return c.maybe("h", "assumeno", "help", "version", "installroot")
	default:
		return c.maybe("D", "dry-run", "help", "version", "root")
	}
}

// removes reports whether packages are removed, one of which has one of the names, or a name that starts so before "*".
func (c *Command) removes(names ...string) bool {
	m, verb, given := c.packages()
	switch {
	case c.Name == "dpkg" && c.has("rP", "remove", "purge"), c.Name == "rpm" && c.has("e", "erase") && !c.has("q"):
		given = c.plain()
	case verb == nil || c.dry(m) && !c.open(), !oneOf(verb.Text, "remove", "purge", "erase", "rm", "autoremove", "autopurge"):
		return false
	}
	return slices.ContainsFunc(given, func(a Arg) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			start, glob := strings.CutSuffix(a.Text, "*")
			return a.Text == name || glob && start != "" && strings.HasPrefix(name, start)
		})
	})
}
