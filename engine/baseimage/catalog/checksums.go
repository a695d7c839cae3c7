package catalog

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Checksum is what a publisher says a file's digest is.
type Checksum struct {
	Algorithm string // "sha256" or "sha512"
	Hex       string // lower-case
}

var (
	gnuLine  = regexp.MustCompile(`^([0-9a-fA-F]{64}|[0-9a-fA-F]{128})[ \t]+[ *]?(\S.*)$`)
	bsdLine  = regexp.MustCompile(`^(SHA256|SHA512) ?\((.+)\) ?= ?([0-9a-fA-F]{64}|[0-9a-fA-F]{128})$`)
	bareLine = regexp.MustCompile(`^([0-9a-fA-F]{64}|[0-9a-fA-F]{128})$`)
)

// ParseChecksums finds the digest of a file in a publisher's list. Three forms are read, line by line: "<hex>  name" (Debian,
// Ubuntu, AlmaLinux, openSUSE), "SHA256 (name) = <hex>" (Rocky, Fedora), and a list that is one bare digest. Other lines,
// such as those of a signature around the list, are passed over. Two different digests for one file are an error.
func ParseChecksums(list, file string) (Checksum, error) {
	var found []Checksum
	var names []string
	lines, bare := 0, ""
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		lines++
		name, sum := "", ""
		switch {
		case bareLine.MatchString(line):
			bare = line
		case gnuLine.MatchString(line):
			m := gnuLine.FindStringSubmatch(line)
			name, sum = m[2], m[1]
		case bsdLine.MatchString(line):
			m := bsdLine.FindStringSubmatch(line)
			name, sum = m[2], m[3]
		}
		if name == "" {
			continue
		}
		names = append(names, path.Base(name))
		if path.Base(name) == file {
			found = append(found, checksum(sum))
		}
	}
	if bare != "" && lines == 1 {
		return checksum(bare), nil
	}
	if len(found) == 0 {
		return Checksum{}, fmt.Errorf("has no checksum of %q, only of %d other files", file, len(names))
	}
	best := found[0]
	for _, c := range found[1:] {
		if c.Algorithm == best.Algorithm && c.Hex != best.Hex {
			return Checksum{}, fmt.Errorf("has two different checksums of %q", file)
		}
		if c.Algorithm == "sha512" {
			best = c
		}
	}
	return best, nil
}

func checksum(hex string) Checksum {
	algorithm := "sha256"
	if len(hex) == 128 {
		algorithm = "sha512"
	}
	return Checksum{Algorithm: algorithm, Hex: strings.ToLower(hex)}
}
