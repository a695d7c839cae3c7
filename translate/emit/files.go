package emit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

// uniqueNames holds that every content has a name of its own that is plain. A validation keeps its files in another folder, but one
// name for two things would be no help.
func uniqueNames(p *plan.Plan) error {
	seen := map[string]bool{}
	for _, c := range p.Contents() {
		if !plainName(c.FileName) {
			return fmt.Errorf("%q cannot be the name of a file beside the Packer template", c.FileName)
		}
		folded := strings.ToLower(c.FileName)
		if seen[folded] {
			return fmt.Errorf("two steps have content named %q", c.FileName)
		}
		seen[folded] = true
	}
	return nil
}

// contentsOf gives the contents of a job's steps as files, and the paths of those that are missing.
func contentsOf(j job) (files []File, missing []string, err error) {
	for i := range j.steps {
		c := j.steps[i].Content()
		if c == nil {
			continue
		}
		path := j.dir + FilesDir + "/" + c.FileName
		switch {
		case c.URI == "":
			files = append(files, File{Path: path, Data: []byte(c.Text), Mode: 0o644})
		case c.Resolved:
			if !isSHA256(c.SHA256) {
				return nil, nil, fmt.Errorf("%s is resolved but has no SHA-256: %q", path, c.SHA256)
			}
			files = append(files, File{Path: path, Blob: c.SHA256, Mode: 0o644})
		default:
			missing = append(missing, path)
		}
	}
	return files, missing, nil
}

// plainName reports whether a name means the same in every file system, in HCL, in a glob and in SHA256SUMS. translate makes
// only such names; a plan may also come from a file.
func plainName(s string) bool {
	if s == "" || strings.Trim(s, ".-") != s || strings.EqualFold(FilesDir+"/"+s, SumsFile) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '-' || r == '_')
	})
}

func isSHA256(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size && s == strings.ToLower(s)
}

// sha256Sums lists the contents as "sha256sum -c" wants them, run from their folder; nil when there are none. Missing files are
// not in it: nobody knows their sum.
func sha256Sums(files []File, folder string) []byte {
	var lines []string
	for _, f := range files {
		sum := f.Blob
		if sum == "" {
			digest := sha256.Sum256(f.Data)
			sum = hex.EncodeToString(digest[:])
		}
		lines = append(lines, sum+"  "+strings.TrimPrefix(f.Path, folder)+"\n")
	}
	if len(lines) == 0 {
		return nil
	}
	// By name: a changed script then changes one line of the list.
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[2*sha256.Size:], b[2*sha256.Size:]) })
	return []byte(strings.Join(lines, ""))
}
