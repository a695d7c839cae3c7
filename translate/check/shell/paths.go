package shell

import (
	"slices"
	"strings"
)

// systemDirs are those that belong to root on every Linux.
var systemDirs = []string{"/etc", "/usr", "/opt", "/boot", "/root", "/lib", "/lib64", "/bin", "/sbin", "/srv", "/var"}

// system tells which system directory a path is in; "" if it is in none, or may be open to others: the script changed its owner.
func (f *File) system(path Arg, before int) string {
	text := path.Text
	if !strings.HasPrefix(text, "/") || path.Many {
		return ""
	}
	for _, open := range []string{"/var/tmp", "/var/crash", "/var/lock"} {
		if text == open || strings.HasPrefix(text, open+"/") {
			return ""
		}
	}
	i := slices.IndexFunc(systemDirs, func(dir string) bool { return strings.HasPrefix(text, dir+"/") || text == dir })
	if i < 0 || strings.Contains(text, "/../") || !f.Whole() || len(f.opening) > most {
		return ""
	}
	for _, c := range f.opening[:min(len(f.opening), most)] {
		if c.From < before && c.opens(text) {
			return ""
		}
	}
	return systemDirs[i]
}

// keeps are commands that leave what they make to root.
var keeps = []string{"mkdir", "touch", "cp", "tee", "echo", "cat", "ls", "sed", "rm", "unzip", "git", "curl", "wget", "systemctl",
	"test", "[", "apt-get", "apt", "dnf", "yum", "zypper", "find", "grep", "ldconfig", "head", "tail", "dpkg", "rpm", "service", "gpg"}

// mayOpen reports whether the command may let others write to what it names: chown, chmod and the like. Whatever a script or an
// unknown program does may be that as well.
func (c *Command) mayOpen() bool {
	switch {
	case isShell(c.Name):
		text := c.shellText()
		return text == nil || !text.Known() // else its commands are looked at one by one
	case c.Name == "mkdir": // whose -p is another
		return c.has("m", "mode")
	}
	return !slices.Contains(keeps, c.Name) || c.has("amp", "mode", "archive", "preserve")
}

// opens reports whether the command, which may open what it names, names a path or a folder around it.
func (c *Command) opens(path string) bool {
	return isShell(c.Name) || slices.ContainsFunc(c.Args, func(a Arg) bool {
		known, _, cut := strings.Cut(a.Text, unknown)
		known = strings.TrimRight(known, "/*")
		switch {
		case strings.HasPrefix(known, "-"), !cut && !strings.Contains(known, "/"):
			return a.Many
		case !strings.HasPrefix(known, "/"): // relative to a folder that is not known
			return true
		default:
			return cut && strings.HasPrefix(path, known) || path == known || strings.HasPrefix(path, known+"/")
		}
	})
}

// targets are the paths that the command writes to.
func (c *Command) targets() []Arg {
	if c.has("", "help", "version") {
		return nil
	}
	words := c.plain("-m", "-o", "-g", "-t", "-S", "--mode", "--owner", "--group", "--suffix")
	last := func() []Arg {
		if len(words) < 2 {
			return nil
		}
		return words[len(words)-1:]
	}
	switch c.Name {
	case "tee", "mkdir", "touch", "rm", "rmdir":
		return words
	case "cp", "mv", "ln", "install", "rsync":
		if c.has("t", "target-directory") {
			return c.after("-t", "--target-directory")
		}
		if c.Name == "install" && c.has("d", "directory") {
			return words
		}
		return last()
	case "chmod", "chown", "chgrp":
		if len(words) > 1 {
			return words[1:]
		}
	case "sed":
		if c.has("", "in-place") || slices.ContainsFunc(c.Args, func(a Arg) bool {
			return strings.HasPrefix(a.Text, "-i") || oneOf(a.Text, "-ri", "-Ei", "-ni")
		}) {
			return last()
		}
	case "curl":
		return c.after("-o", "--output")
	case "wget":
		return c.after("-O", "-P", "--output-document", "--directory-prefix")
	case "unzip":
		return c.after("-d")
	case "tar":
		return c.after("-C", "--directory")
	case "git":
		if c.is("git", "clone") {
			return last()
		}
	}
	return nil
}

// after returns the words that follow the options, or stand in the same word: -o FILE, --output=FILE.
func (c *Command) after(options ...string) []Arg {
	var all []Arg
	for i, a := range c.Args {
		name, value, ok := strings.Cut(a.Text, "=")
		switch {
		case slices.Contains(options, a.Text) && i+1 < len(c.Args):
			all = append(all, c.Args[i+1])
		case ok && strings.HasPrefix(name, "--") && slices.Contains(options, name):
			a.Text = value
			all = append(all, a)
		}
	}
	return all
}
