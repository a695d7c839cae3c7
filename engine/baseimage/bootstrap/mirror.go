package bootstrap

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mirror is where Debian's packages come from.
type mirror struct {
	Archive, Security string // URIs
	Keyring           string // path; "" leaves the choice to apt
}

// publicMirror is what the image itself uses, whatever mirror it was made from.
var publicMirror = mirror{
	Archive:  "http://deb.debian.org/debian",
	Security: "http://deb.debian.org/debian-security",
}

// lines gives the sources of a suite in the one-line form.
func (m mirror) lines(suite string) []string {
	signed := ""
	if m.Keyring != "" {
		signed = "[signed-by=" + m.Keyring + "] "
	}
	return []string{
		fmt.Sprintf("deb %s%s %s main", signed, m.Archive, suite),
		fmt.Sprintf("deb %s%s %s-updates main", signed, m.Archive, suite),
		fmt.Sprintf("deb %s%s %s-security main", signed, m.Security, suite),
	}
}

// aptSource is one entry of the host's sources, in either form.
type aptSource struct {
	URIs, Suites, Components []string
	SignedBy                 string
}

// hostMirror reads the sources below etc ("/etc/apt") and finds Debian's mirrors among them, for whichever Debian release
// they are: a mirror that has one release has the others. A host that is no Debian gets the public mirror.
func hostMirror(etc, suite string) (mirror, error) {
	found := publicMirror
	found.Keyring = keyring
	sources, err := readSources(etc)
	if err != nil {
		return mirror{}, err
	}
	// An entry for the wanted release counts more than one for another.
	releases := append([]string{suite}, "stable", "oldstable", "testing", "trixie", "bookworm", "bullseye")
	pick := func(suffix string) (aptSource, bool) {
		for _, release := range releases {
			for _, s := range sources {
				if slices.Contains(s.Suites, release+suffix) && slices.Contains(s.Components, "main") && webURI(s) != "" {
					return s, true
				}
			}
		}
		return aptSource{}, false
	}
	if s, ok := pick(""); ok {
		found.Archive = webURI(s)
		if strings.HasPrefix(s.SignedBy, "/") {
			found.Keyring = s.SignedBy
		}
	}
	if s, ok := pick("-security"); ok {
		found.Security = webURI(s)
	}
	return found, nil
}

// webURI gives the first URI that mmdebstrap can use from outside the tree, without a final slash, or "".
func webURI(s aptSource) string {
	for _, uri := range s.URIs {
		if strings.HasPrefix(uri, "http://") || strings.HasPrefix(uri, "https://") {
			return strings.TrimRight(uri, "/")
		}
	}
	return ""
}

func readSources(etc string) ([]aptSource, error) {
	paths := []string{filepath.Join(etc, "sources.list")}
	for _, pattern := range []string{"*.list", "*.sources"} {
		more, err := filepath.Glob(filepath.Join(etc, "sources.list.d", pattern))
		if err != nil {
			return nil, err
		}
		paths = append(paths, more...)
	}
	var all []aptSource
	for _, path := range paths {
		text, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("the host's package sources: %w", err)
		}
		if strings.HasSuffix(path, ".sources") {
			all = append(all, parseDeb822(string(text))...)
		} else {
			all = append(all, parseOneLine(string(text))...)
		}
	}
	return all, nil
}

// parseOneLine reads `deb [options] uri suite component...` lines. Lines it cannot read are apt's to complain about.
func parseOneLine(text string) []aptSource {
	var all []aptSource
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "deb ")
		if !ok {
			continue
		}
		s := aptSource{}
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, "[") {
			options, after, _ := strings.Cut(rest[1:], "]")
			for _, option := range strings.Fields(options) {
				if path, ok := strings.CutPrefix(option, "signed-by="); ok {
					s.SignedBy = path
				}
			}
			rest = after
		}
		if words := strings.Fields(rest); len(words) >= 3 {
			s.URIs, s.Suites, s.Components = words[:1], words[1:2], words[2:]
			all = append(all, s)
		}
	}
	return all
}

// parseDeb822 reads stanzas of "Field: value" with continuation lines, as in debian.sources.
func parseDeb822(text string) []aptSource {
	var all []aptSource
	fields, last := map[string]string{}, ""
	flush := func() {
		types, enabled := strings.Fields(fields["types"]), strings.ToLower(strings.TrimSpace(fields["enabled"]))
		if slices.Contains(types, "deb") && enabled != "no" && enabled != "false" && enabled != "0" {
			all = append(all, aptSource{
				URIs: strings.Fields(fields["uris"]), Suites: strings.Fields(fields["suites"]),
				Components: strings.Fields(fields["components"]), SignedBy: strings.TrimSpace(fields["signed-by"]),
			})
		}
		fields, last = map[string]string{}, ""
	}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			flush()
		case line[0] == ' ' || line[0] == '\t':
			fields[last] += "\n" + strings.TrimSpace(line)
		default:
			name, value, _ := strings.Cut(line, ":")
			last = strings.ToLower(strings.TrimSpace(name))
			fields[last] = strings.TrimSpace(value)
		}
	}
	flush()
	return all
}
