package kernelbound

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Seen is what of a guest tells, at one moment, whether its kernel's things were touched since another.
type Seen struct {
	files   map[string]string // below /boot and /lib/modules: size, kind and time of each
	failed  []string          // units of systemd that failed
	pending bool              // a package asked for a restart
	started string            // when its first process was; another one is another start of the machine
}

// look asks for no more than any guest has: a shell, stat of coreutils, and systemctl, if that is there. It reads, as the build user, and
// changes nothing. Of a folder that is closed to that user, its own time has to do. Of /lib/modules it needs no more than what depmod
// writes, and the folders that modules from elsewhere are put into.
const look = `export LC_ALL=C
echo started $(cut -d' ' -f22 /proc/1/stat)
test -e /run/reboot-required && echo pending
for f in $(systemctl list-units --failed --plain --no-legend --no-pager 2>/dev/null | cut -d' ' -f1); do echo failed $f; done
for d in /boot/ /boot/*/; do test ! -d "$d" || test -r "$d" -a -x "$d" || stat -c 'file %s/%f/%Y %n.' "$d"; done
stat -c 'file %s/%f/%Y %n' /boot/* /boot/*/* /boot/*/*/* /boot/*/*/*/* /lib/modules/* /lib/modules/*/modules.dep \
  /lib/modules/*/updates/* /lib/modules/*/updates/*/* /lib/modules/*/extra/* /lib/modules/*/extra/*/* 2>/dev/null
true`

// Look asks a guest with Linux. ask runs a command there and gives what it says.
func Look(ctx context.Context, ask func(ctx context.Context, command string) (string, error)) (Seen, error) {
	said, err := ask(ctx, look)
	if err != nil {
		return Seen{}, fmt.Errorf("look at /boot and /lib/modules of the build machine: %w", err)
	}
	s := Seen{files: map[string]string{}}
	for line := range strings.Lines(said) {
		what, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		switch what {
		case "started":
			s.started = rest
		case "pending":
			s.pending = true
		case "failed":
			s.failed = append(s.failed, rest)
		case "file":
			facts, name, _ := strings.Cut(rest, " ")
			s.files[name] = facts
		}
	}
	if s.started == "" {
		return Seen{}, fmt.Errorf("look at /boot and /lib/modules of the build machine: it answers %q", oneLine(said))
	}
	return s, nil
}

// Did lists what was done to a guest between two looks at it, at most one mark of each kind. Their steps are the caller's to say.
func Did(before, after Seen) []Mark {
	var all []Mark
	told := func(kind, what string) {
		all = append(all, Mark{Kind: kind, Command: what, Why: whys[kind]})
	}
	changed := changes(before.files, after.files)
	for _, kind := range []string{Bootloader, Initramfs, Modules, Packages} {
		if list := changed[kind]; len(list) > 0 {
			told(kind, some(list)+" changed")
		}
	}
	if before.started != after.started {
		told(Reboot, "the machine was started again")
	} else if after.pending && !before.pending {
		told(Reboot, "a package asks for a restart: /run/reboot-required")
	}
	var units []string
	for _, unit := range after.failed {
		if !slices.Contains(before.failed, unit) {
			units = append(units, unit)
		}
	}
	if len(units) > 0 {
		all = append(all, Mark{Kind: Unit, Command: some(units) + " failed", Why: failedWhy})
	}
	return all
}

const failedWhy = "a unit that needs the kernel for something fails in a container, and may come up in a machine of its own"

// changes are the files that are others now, or gone, by the kind of what they are, and sorted.
func changes(before, after map[string]string) map[string][]string {
	all := map[string][]string{}
	note := func(name string) {
		if kind := kindOfFile(name); kind != "" {
			all[kind] = append(all[kind], name)
		}
	}
	for name, facts := range after {
		if before[name] != facts {
			note(name)
		}
	}
	for name := range before {
		if _, there := after[name]; !there {
			note(name)
		}
	}
	for _, list := range all {
		slices.Sort(list)
	}
	return all
}

// kindOfFile tells what a file below /boot or /lib/modules is of. "" is of nothing by itself: folders, whose times change with their files.
func kindOfFile(name string) string {
	base := path.Base(name)
	has := func(starts ...string) bool {
		return slices.ContainsFunc(starts, func(s string) bool { return strings.HasPrefix(base, s) })
	}
	switch {
	case strings.HasPrefix(name, "/lib/modules/"):
		return Modules
	case path.Dir(name) != "/boot":
		return Bootloader
	case has("initrd", "initramfs"):
		return Initramfs
	case has("vmlinuz", "vmlinux", "System.map", "config-", "symvers", "bzImage", "Image"):
		return Packages
	case has("grub", "efi", "loader", "EFI", "lost+found"):
		return "" // folders
	}
	return Bootloader
}

// some names the first of a list.
func some(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}
