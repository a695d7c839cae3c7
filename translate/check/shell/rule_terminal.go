package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

func terminal(f *File, report func(scriptrule.Finding)) {
	apt := usesApt(f)
	for _, c := range f.Commands {
		if c.open() {
			continue
		}
		wants := ""
		if asks, ok := dialogs[c.Name]; ok {
			wants = asks(c)
		}
		if wants == "" && c.Name == "adduser" && apt {
			wants = adduser(c)
		}
		if wants == "" {
			continue
		}
		what, how, _ := strings.Cut(wants, "|")
		report(c.finding(fmt.Sprintf("%q waits for %s", c.Name, what),
			"there is no terminal in a build, and nobody at it: the command fails, or hangs until the build times out", how))
	}
}

func usesApt(f *File) bool {
	return slices.ContainsFunc(f.Commands, func(c *Command) bool { return managers[c.Name] == aptGet })
}

// dialogs tell what a command waits for, and after "|" what would help; "" if it does not wait.
var dialogs = map[string]func(*Command) string{
	"passwd": func(c *Command) string {
		if c.Fed || c.has("adeluSxniwLDUhf", "stdin", "lock", "unlock", "delete", "expire", "status", "all", "help") {
			return ""
		}
		return "a password|use chpasswd with what is to be set in its standard input"
	},
	"read": func(c *Command) string {
		if c.Fed || c.Func || c.Asked || c.Branch || c.has("tu") { // if [ -t 0 ]; then read …
			return ""
		}
		return "a line to be typed|read from a file or a variable"
	},
	"visudo": func(c *Command) string {
		if c.has("cVh", "check", "version", "help") {
			return ""
		}
		return "somebody to edit|write a file into /etc/sudoers.d, and check it with visudo -cf"
	},
	"vipw": always("somebody to edit|use useradd and usermod"), "vigr": always("somebody to edit|use groupadd and groupmod"),
	"vi": editor("escSV"), "vim": editor("escSV"), "nvim": editor("escSV"), "nano": editor("V"), "pico": editor(""),
	"emacs": func(c *Command) string {
		if c.Fed || c.has("", "batch", "script", "version") || slices.Contains(texts(c.Args), "-batch") {
			return ""
		}
		return "somebody to edit|use sed, or put a file in its place"
	},
	"sudoedit": editor(""), "mcedit": editor(""),
	"crontab": func(c *Command) string {
		if !c.has("e") {
			return ""
		}
		return "somebody to edit|give crontab a file, or put one into /etc/cron.d"
	},
	"systemctl": func(c *Command) string {
		if !c.is("systemctl", "edit") || c.Fed || c.has("", "stdin") || len(c.Env) > 0 {
			return ""
		}
		return "somebody to edit|write a file into /etc/systemd/system/<unit>.d"
	},
	"git": func(c *Command) string {
		if !c.is("git", "commit") || c.has("mFCc", "message", "file", "no-edit", "reuse-message", "fixup", "dry-run", "help") {
			return ""
		}
		return "somebody to edit the message|add -m"
	},
	"mysql_secure_installation":   unlessFed("answers|run the statements with mysql -e"),
	"mariadb-secure-installation": unlessFed("answers|run the statements with mariadb -e"),
	"dpkg-reconfigure": func(c *Command) string {
		if c.Fed || c.has("fuh", "frontend", "unseen-only", "help") || c.sets("DEBIAN_FRONTEND") {
			return ""
		}
		return "answers|add -f noninteractive, and set the answers with debconf-set-selections"
	},
	"update-alternatives": func(c *Command) string {
		if c.Fed || !c.has("", "config", "all") {
			return ""
		}
		return "a choice|use --set with the name and the path"
	},
	"alternatives": func(c *Command) string {
		if c.Fed || !c.has("", "config") {
			return ""
		}
		return "a choice|use --set with the name and the path"
	},
	"do-release-upgrade": func(c *Command) string {
		if c.Fed || c.has("cfVh", "frontend", "check-dist-upgrade-only", "version", "help") {
			return ""
		}
		return "answers|start from a newer source image"
	},
	"ssh-keygen": sshKeygen,
	"openssl": func(c *Command) string {
		if !c.is("openssl", "req") || c.Fed || c.has("", "help") {
			return ""
		}
		words := texts(c.Args)
		asks := slices.Contains(words, "-new") || slices.Contains(words, "-x509") || slices.Contains(words, "-newkey")
		for _, quiet := range []string{"-subj", "-batch", "-config", "-in", "-help"} {
			asks = asks && !slices.Contains(words, quiet)
		}
		if !asks {
			return ""
		}
		return "the names of a certificate|add -subj"
	},
	"az": func(c *Command) string {
		if !c.is("az", "login") || c.has("iuph", "identity", "service-principal", "username", "password", "federated-token", "help") {
			return ""
		}
		return "somebody to sign in at a browser|give the build VM an identity, and use az login --identity"
	},
	"docker": func(c *Command) string {
		if !c.is("docker", "login") || c.has("p", "password", "password-stdin", "help") {
			return ""
		}
		return "a password|add --password-stdin"
	},
	"gh": func(c *Command) string {
		if !c.is("gh", "auth", "login") || c.has("h", "with-token", "help") {
			return ""
		}
		return "somebody to sign in|add --with-token"
	},
	"aws": func(c *Command) string {
		if words := c.plain(); c.Fed || len(words) != 1 || words[0].Text != "configure" || c.has("", "help") {
			return ""
		}
		return "answers|use aws configure set"
	},
	"dialog":   unlessFed("somebody to answer|take the question out"),
	"whiptail": unlessFed("somebody to answer|take the question out"),
	"su": func(c *Command) string {
		if c.Fed || c.Root || c.has("hV", "help", "version") {
			return ""
		}
		return "a password|put sudo before it"
	},
}

func always(wants string) func(*Command) string { return func(*Command) string { return wants } }

func unlessFed(wants string) func(*Command) string {
	return func(c *Command) string {
		if c.Fed || c.has("h", "help", "version", "infobox", "use-default") {
			return ""
		}
		return wants
	}
}

// editor is a dialog unless one of the options is given, or a command: vi +wq.
func editor(script string) func(*Command) string {
	return func(c *Command) string {
		if c.Fed || c.has(script, "version", "help", "cmd", "headless") ||
			slices.ContainsFunc(c.Args, func(a Arg) bool { return strings.HasPrefix(a.Text, "+") }) {
			return ""
		}
		return "somebody to edit|use sed, or put a file in its place"
	}
}

// sshKeygen asks where to write the key when that is not said. The password it takes from an empty input for none.
func sshKeygen(c *Command) string {
	if c.Fed || c.has("ABDFHIKLMQRVYcefiklprsy", "help") {
		return ""
	}
	return `the name of a file|add -f and -N ""`
}

// adduser asks on Debian and Ubuntu, where it is another program than useradd.
func adduser(c *Command) string {
	words := c.plain("--home", "--shell", "--uid", "--gid", "--ingroup", "--gecos", "--comment", "--conf")
	if c.Fed || len(words) != 1 || c.has("hmMrgGsdcuUN", "system", "disabled-password", "disabled-login", "help", "version", "group") {
		return ""
	}
	return `a password and a name|add --disabled-password --gecos ""`
}

// sets reports whether a variable is set for the command alone.
func (c *Command) sets(name string) bool {
	return slices.ContainsFunc(c.Env, func(set string) bool { return strings.HasPrefix(set, name+"=") })
}
