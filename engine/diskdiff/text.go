package diskdiff

import (
	"bytes"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
)

// maxText is the largest text that is shown line by line: a file that a person wrote, and not a list that a program keeps.
const maxText = 64 << 10

// textDiff gives a unified diff of two small texts, "" for anything else. A file that holds secrets is never shown.
func textDiff(name string, x, y *Entry) (string, error) {
	if secret(name) {
		return "", nil
	}
	before, ok, err := smallText(x)
	if err != nil || !ok {
		return "", err
	}
	after, ok, err := smallText(y)
	if err != nil || !ok || before == after {
		return "", err
	}
	return udiff.Unified("a"+name, "b"+name, before, after), nil
}

// smallText reads a file that is one; nothing at all counts as an empty one.
func smallText(e *Entry) (text string, ok bool, err error) {
	if e == nil {
		return "", true, nil
	}
	if !e.Mode.IsRegular() || e.Size > maxText {
		return "", false, nil
	}
	b, err := e.read(maxText)
	if err != nil || !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
		return "", false, err
	}
	return string(b), true, nil
}

// secret reports whether a file may hold passwords or private keys, by where it is and how it is called.
func secret(name string) bool {
	base := path.Base(name)
	switch {
	case base == "shadow", base == "shadow-", base == "gshadow", base == "gshadow-", base == "opasswd":
		return true
	case strings.HasPrefix(base, "ssh_host_") && strings.HasSuffix(base, "_key"), strings.HasPrefix(base, "id_") && path.Ext(base) != ".pub":
		return true
	case path.Ext(base) == ".key", path.Ext(base) == ".pem" && strings.Contains(name, "/private/"), path.Ext(base) == ".pfx":
		return true
	case base == ".netrc", base == ".pgpass", base == ".git-credentials", base == "random-seed", base == "credentials":
		return true
	}
	return strings.HasPrefix(name, "/etc/ssl/private/") || strings.HasPrefix(name, "/var/lib/waagent/") ||
		strings.HasPrefix(name, "/etc/NetworkManager/system-connections/") || strings.HasPrefix(name, "/root/.gnupg/")
}

// resolveLink gives the path that a link at a path leads to. Links in folders on the way are followed where Debian and its like have them:
// /bin, /lib and /sbin are links into /usr.
func resolveLink(at, target string) string {
	if !path.IsAbs(target) {
		target = path.Join(path.Dir(at), target)
	}
	for _, d := range []string{"/bin/", "/lib/", "/sbin/", "/lib64/"} {
		if strings.HasPrefix(target, d) {
			return "/usr" + target
		}
	}
	return path.Clean(target)
}
