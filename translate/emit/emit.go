// Package emit writes a plan as a Packer template with the files it needs beside it.
//
// Packer is pure and deterministic to the byte: the same plan gives the same folder on every machine, and no path of a host is
// in it; those come as variables. HCL is built as syntax, never as text. Script bytes travel as files, since an HCL string is
// normalized to Unicode NFC and would change them.
package emit

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

// The names of what is not content.
const (
	TemplateFile  = "image.pkr.hcl"
	VariablesFile = "variables.pkr.hcl"
	FilesDir      = "files"
	SumsFile      = FilesDir + "/SHA256SUMS"
)

// Folder is what goes into one Packer folder.
type Folder struct {
	Files []File // sorted by path

	// Missing lists the paths of files whose bytes are not known yet, sorted: their content is a URI that nobody resolved. The
	// Packer template refers to them all the same.
	Missing []string
}

// File is one file of the folder. Exactly one of Data and Blob is set.
type File struct {
	Path string      // below the folder, with slashes
	Data []byte      // generated, or the text of inline commands
	Blob string      // lower-case SHA-256 of bytes that the caller has in its content store
	Mode fs.FileMode // permission bits
}

// Packer writes p as a Packer template for the local builder. The error says which part of p has no HCL form; a plan that
// translate made always has one.
func Packer(p *plan.Plan) (*Folder, error) {
	if p.OS != plan.Linux {
		return nil, fmt.Errorf("emit %s: no Packer template can be made for %q images yet", p.Name, p.OS)
	}
	for _, s := range p.Steps {
		// Packer renders it as a Go template until nothing changes: "{{" has no escape.
		if s.File != nil && strings.Contains(s.File.Destination, "{{") {
			return nil, fmt.Errorf("emit %s: %s: Packer cannot write to %q, since it takes \"{{\" for a template", p.Name, s.ID, s.File.Destination)
		}
	}
	f := &Folder{}
	if err := addContents(f, p); err != nil {
		return nil, fmt.Errorf("emit %s: %w", p.Name, err)
	}
	f.Files = append(f.Files,
		File{Path: TemplateFile, Data: imageFile(p), Mode: 0o644},
		File{Path: VariablesFile, Data: variablesFile(), Mode: 0o644},
	)
	if sums := sha256Sums(f.Files); sums != nil {
		f.Files = append(f.Files, File{Path: SumsFile, Data: sums, Mode: 0o644})
	}
	slices.SortFunc(f.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	slices.Sort(f.Missing)
	return f, nil
}
