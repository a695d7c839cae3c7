package kernelbound

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ingot-build/ingot/translate/check/shell"
)

// sure are names that stand for a command wherever they are, and loose are words of English too: they count at the start of a string.
var (
	sure = regexp.MustCompile(`\b(update-grub|grub2?-install|grub2?-mkconfig|grubby|update-initramfs|mkinitcpio|dracut|depmod|modprobe|` +
		`insmod|rmmod|dkms|kexec|efibootmgr|sysctl|swapon|losetup|cryptsetup|partprobe|growpart|resize2fs|setenforce|apparmor_parser|` +
		`dmesg|hwclock)\b`)
	loose = regexp.MustCompile("[\"'`](?:sudo +)?(?:/usr)?(?:/s?bin/)?(reboot|shutdown|poweroff|halt|mount|umount|mkfs(?:\\.\\w+)?|parted|" +
		"docker|podman|snap)\\b")
)

// wordKinds are the kinds of those names that are no entries of commands by themselves.
var wordKinds = map[string]string{"sysctl": Sysctl, "docker": Nested, "podman": Nested, "snap": Nested, "mount": Mount, "umount": Mount,
	"reboot": Reboot, "shutdown": Reboot, "poweroff": Reboot, "halt": Reboot, "parted": Device}

// words looks for names of commands in a script that is not understood. Each is told once.
func words(f *shell.File) []finding {
	var all []finding
	seen := map[string]bool{}
	at := 0
	for line := range strings.Lines(f.Text) {
		start := at
		at += len(line)
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, search := range []*regexp.Regexp{sure, loose} {
			for _, hit := range search.FindAllStringSubmatchIndex(line, -1) {
				name := line[hit[2]:hit[3]]
				if seen[name] {
					continue
				}
				seen[name] = true
				kind := kindOfWord(name)
				all = append(all, finding{from: start + hit[2], command: name, kind: kind,
					why: fmt.Sprintf("%s; the name was found in a script that is not understood here (%s)", whys[kind], reason(f))})
			}
		}
	}
	return all
}

func kindOfWord(name string) string {
	if kind, ok := wordKinds[name]; ok {
		return kind
	}
	if strings.HasPrefix(name, "mkfs") {
		return Device
	}
	return commands[name][0].kind
}

// reason says why a script is not understood.
func reason(f *shell.File) string {
	switch {
	case f.Unread != "":
		return f.Unread
	case f.Err != nil:
		return f.Err.Text
	default:
		return "it does not parse"
	}
}
