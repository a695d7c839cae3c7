package kernelbound

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/shell"
)

// disks are how the names of disks, partitions and devices over them start, below /dev. Every container has /dev/null and the like.
var disks = []string{"sd", "hd", "vd", "xvd", "nvme", "loop", "md", "dm-", "mapper/", "disk/", "sr", "zram", "nbd", "block/"}

func isDisk(path string) bool {
	name, ok := strings.CutPrefix(path, "/dev/")
	return ok && slices.ContainsFunc(disks, func(start string) bool { return strings.HasPrefix(name, start) })
}

// written is the kind of a file that is written to; "" if it is one as any other.
func written(file string) string {
	switch {
	case file == "/proc/sysrq-trigger":
		return Reboot
	case strings.HasPrefix(file, "/sys/firmware/"):
		return Firmware
	case strings.HasPrefix(file, "/proc/sys/"), strings.HasPrefix(file, "/sys/"):
		return Sysctl
	case file == "/dev/kmsg":
		return KernelLog
	case isDisk(file):
		return Device
	}
	return ""
}

// read is the kind of a file that a command names, whatever it does with it.
func read(file string) string {
	switch {
	case file == "/proc/cmdline", file == "/proc/version", file == "/proc/config.gz", file == "/proc/modules":
		return Kernel
	case file == "/dev/kmsg", file == "/proc/kmsg":
		return KernelLog
	case strings.HasPrefix(file, "/sys/firmware/"), strings.HasPrefix(file, "/sys/class/dmi/"):
		return Firmware
	case isDisk(file):
		return Device
	}
	return ""
}

// texts are commands whose words are text, more often than files.
var texts = []string{"echo", "printf", "export", "declare", "local", "readonly", "test", "[", "[[", "grep", "egrep", "fgrep", "sed", "awk",
	"logger", "perl", "python", "python3", "git", "curl", "wget", "trap", "alias", "set", "find"}

// touched is the kind of a file among the words of a command, which is another in a container.
func touched(c *shell.Command) string {
	for i, a := range c.Args {
		file := strings.TrimPrefix(strings.TrimPrefix(a.Text, "of="), "if=")
		isTarget := c.Name == "tee" || (c.Name == "cp" || c.Name == "ln" || c.Name == "install") && i == len(c.Args)-1
		kind := ""
		switch {
		case isTarget:
			kind = written(file)
		case !slices.Contains(texts, c.Name) || (strings.HasSuffix(c.Name, "grep") || c.Name == "sed" || c.Name == "awk") && i == len(c.Args)-1:
			kind = read(file)
		}
		if kind != "" {
			return kind
		}
	}
	return ""
}
