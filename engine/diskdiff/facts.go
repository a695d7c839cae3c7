package diskdiff

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// facts compares what the files mean.
func (r *Report) facts(before, after tree) error {
	for _, f := range []struct {
		of   func(tree) (map[string]string, error)
		into *[]Item
	}{
		{packages, &r.Packages},
		{services, &r.Services},
		{sockets, &r.Sockets},
		{users, &r.Users},
		{groups, &r.Groups},
	} {
		x, err := f.of(before)
		if err != nil {
			return err
		}
		y, err := f.of(after)
		if err != nil {
			return err
		}
		*f.into = items(x, y)
	}
	return nil
}

// items lists what is not the same in two sets of names with states.
func items(x, y map[string]string) []Item {
	names := maps.Clone(x)
	maps.Copy(names, y)
	list := []Item{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, had := x[name]
		is, has := y[name]
		switch {
		case !had:
			list = append(list, Item{name, Added, "", is})
		case !has:
			list = append(list, Item{name, Removed, was, ""})
		case was != is:
			list = append(list, Item{name, Changed, was, is})
		}
	}
	return list
}

// maxFact bounds the files that facts are read from.
const maxFact = 64 << 20

// packages reads what dpkg has installed: paragraphs of "Field: value". The database of rpm is a binary one, and is not read.
func packages(t tree) (map[string]string, error) {
	text, err := t.read("/var/lib/dpkg/status", maxFact)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for paragraph := range strings.SplitSeq(string(text), "\n\n") {
		field := map[string]string{}
		for line := range strings.Lines(paragraph) {
			if name, value, ok := strings.Cut(line, ": "); ok && line[0] != ' ' {
				field[name] = strings.TrimSpace(value)
			}
		}
		if name := field["Package"]; name != "" && strings.HasSuffix(field["Status"], " installed") {
			all[name+":"+field["Architecture"]] = field["Version"]
		}
	}
	return all, nil
}

// unitFolders are where systemd finds units; the first one counts. /lib is a link to /usr/lib on all that is still maintained.
var unitFolders = []string{"/etc/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/"}

// services gives the units that are enabled or masked: a link in a folder .wants or .requires of another unit, or a link to /dev/null.
func services(t tree) (map[string]string, error) {
	all := map[string]string{}
	for name, e := range t {
		rest, ok := strings.CutPrefix(name, unitFolders[0])
		if !ok || e.Mode.Type() != fs.ModeSymlink {
			continue
		}
		folder, unit := path.Split(rest)
		switch {
		case folder == "" && e.Link == "/dev/null":
			all[unit] = "masked"
		case strings.HasSuffix(folder, ".wants/"), strings.HasSuffix(folder, ".requires/"):
			if all[unit] == "" {
				all[unit] = "enabled"
			}
		}
	}
	return all, nil
}

// sockets gives the addresses that enabled socket units listen at. Where a service listens that opens its port itself is known to a
// running machine alone.
func sockets(t tree) (map[string]string, error) {
	enabled, err := services(t)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for unit, state := range enabled {
		if path.Ext(unit) != ".socket" || state != "enabled" {
			continue
		}
		var text []byte
		for _, folder := range unitFolders {
			if text, err = t.read(folder+unit, maxText); err != nil {
				return nil, err
			}
			if text != nil {
				break
			}
		}
		for line := range strings.Lines(string(text)) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			if strings.HasPrefix(key, "Listen") && value != "" {
				all[strings.TrimSpace(value)] = unit
			}
		}
	}
	return all, nil
}

// users reads /etc/passwd, and from /etc/shadow only whether there is a password.
func users(t tree) (map[string]string, error) {
	text, err := t.read("/etc/passwd", maxFact)
	if err != nil {
		return nil, err
	}
	shadow, err := t.read("/etc/shadow", maxFact)
	if err != nil {
		return nil, err
	}
	password := map[string]string{}
	for line := range strings.Lines(string(shadow)) {
		if f := strings.Split(line, ":"); len(f) > 1 {
			password[f[0]] = passwordState(f[1])
		}
	}
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(strings.TrimSpace(line), ":"); len(f) == 7 {
			all[f[0]] = fmt.Sprintf("uid %s, gid %s, home %s, shell %s, %s", f[2], f[3], f[5], f[6], password[f[0]])
		}
	}
	return all, nil
}

func passwordState(hash string) string {
	switch {
	case hash == "":
		return "no password is asked for"
	case strings.HasPrefix(hash, "!"), strings.HasPrefix(hash, "*"):
		return "no password"
	default:
		return "has a password"
	}
}

func groups(t tree) (map[string]string, error) {
	text, err := t.read("/etc/group", maxFact)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(strings.TrimSpace(line), ":"); len(f) == 4 {
			all[f[0]] = strings.TrimSuffix(fmt.Sprintf("gid %s, members %s", f[2], f[3]), ", members ")
		}
	}
	return all, nil
}
