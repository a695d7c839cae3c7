package kernelbound

import (
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/shell"
)

// ask is a question to a command about its words.
type ask func(*shell.Command) bool

func not(a ask) ask     { return func(c *shell.Command) bool { return !a(c) } }
func both(a, b ask) ask { return func(c *shell.Command) bool { return a(c) && b(c) } }

// has asks for an option, as shell.Command.Has.
func has(short string, long ...string) ask {
	return func(c *shell.Command) bool { return c.Has(short, long...) }
}

// first asks whether the first plain word is one of those given, and second that of the next one.
func first(words ...string) ask  { return nth(0, words) }
func second(words ...string) ask { return nth(1, words) }

func nth(n int, words []string) ask {
	return func(c *shell.Command) bool {
		plain := c.Plain()
		return len(plain) > n && slices.Contains(words, plain[n].Text)
	}
}

// names asks for a word that is a path, or one below it.
func names(path string) ask {
	return func(c *shell.Command) bool {
		return slices.ContainsFunc(c.Args, func(a shell.Arg) bool { return a.Text == path || strings.HasPrefix(a.Text, path+"/") })
	}
}

// alone asks whether a command is told nothing, or asked only about itself: docker, docker version.
func alone(c *shell.Command) bool {
	return len(c.Plain()) == 0 && !c.Open() || first("version", "help", "completion")(c)
}

// setsParameters reports whether sysctl sets something: -w, a file, or NAME=VALUE.
func setsParameters(c *shell.Command) bool {
	return c.Has("wpf", "write", "load", "system") || c.Open() ||
		slices.ContainsFunc(c.Plain(), func(a shell.Arg) bool { return strings.Contains(a.Text, "=") })
}

// anywhere are the file systems that a container may mount: they take no device.
var anywhere = []string{"tmpfs", "ramfs", "proc", "overlay"}

// mounts reports whether something is mounted that a container may not: all but such, and folders that are shown in another place.
func mounts(c *shell.Command) bool {
	words := c.Plain("-t", "-o", "-O", "-L", "-U", "--types", "--options", "--label", "--uuid")
	isBind := func(option string) bool { return option == "bind" || option == "rbind" }
	types := values(c, "t", "types")
	switch {
	case len(c.Args) == 0, len(words) == 0 && len(types) > 0, len(words) == 0 && c.Has("l"):
		return false // it shows what is mounted
	case slices.ContainsFunc(values(c, "o", "options"), isBind):
		return false
	case c.Has("BRM", "bind", "rbind", "move"),
		c.Has("", "make-private", "make-rprivate", "make-shared", "make-rshared", "make-slave", "make-rslave"):
		return false
	}
	return len(types) == 0 || !slices.Contains(anywhere, types[0])
}

// unmounts reports whether what is unmounted is a device, or everything.
func unmounts(c *shell.Command) bool {
	return c.Has("a", "all") || slices.ContainsFunc(c.Plain("-t", "-O"), func(a shell.Arg) bool { return isDisk(a.Text) })
}

// onDisk reports whether a command is given a device, or something that may be one. Its work on a plain file is the same everywhere.
func onDisk(c *shell.Command) bool {
	words := c.Plain("-L", "-U", "-t", "-b", "-m", "-s", "-o", "-O", "-T", "-E", "-N", "-I", "-J", "-n", "-d", "-i", "-a", "-c", "-u", "-A")
	return c.Has("l", "list") || len(words) == 0 || c.Open() || slices.ContainsFunc(words, func(a shell.Arg) bool {
		return !a.Known() || isDisk(a.Text)
	})
}

// asksDevice reports whether a test is about a device: [ -b FILE ].
func asksDevice(c *shell.Command) bool {
	return slices.ContainsFunc(c.Args, func(a shell.Arg) bool { return a.Text == "-b" && !a.Quoted }) ||
		slices.ContainsFunc(c.Args, func(a shell.Arg) bool { return isDisk(a.Text) })
}

// makesDevice reports whether mknod makes a device, and no pipe.
func makesDevice(c *shell.Command) bool {
	words := c.Plain("-m", "--mode")
	return len(words) > 1 && slices.Contains([]string{"b", "c", "u"}, words[1].Text)
}

// setsImmutable reports whether chattr sets what needs a right over the whole kernel: i and a.
func setsImmutable(c *shell.Command) bool {
	return slices.ContainsFunc(c.Args, func(a shell.Arg) bool {
		return (strings.HasPrefix(a.Text, "+") || strings.HasPrefix(a.Text, "=")) && strings.ContainsAny(a.Text, "ia")
	})
}

// setsDate reports whether date sets the clock; date -Is does not.
func setsDate(c *shell.Command) bool {
	return slices.ContainsFunc(c.Args, func(a shell.Arg) bool {
		return a.Text == "-s" || a.Text == "--set" || strings.HasPrefix(a.Text, "--set=")
	})
}

// values are what an option is given, taken apart at commas: -o bind,ro, -obind, --options=bind.
func values(c *shell.Command, letter, name string) []string {
	var all []string
	for i, a := range c.Args {
		text, given := strings.CutPrefix(a.Text, "--"+name+"=")
		switch {
		case given:
		case (a.Text == "-"+letter || a.Text == "--"+name) && i+1 < len(c.Args):
			text = c.Args[i+1].Text
		case strings.HasPrefix(a.Text, "-"+letter):
			text = a.Text[1+len(letter):]
		default:
			continue
		}
		all = append(all, strings.Split(text, ",")...)
	}
	return all
}
