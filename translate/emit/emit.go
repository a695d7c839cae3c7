// Package emit writes a plan as a Packer template with the files it needs beside it.
//
// Packer is pure and deterministic to the byte: the same plan gives the same folder on every machine, and no path of a host is
// in it; those come as variables, and so does every secret. HCL is built as syntax, never as text. Script bytes travel as files,
// since an HCL string is normalized to Unicode NFC and would change them.
//
// What all Packer templates have in common is in job.go, steps.go and readme.go; what a target adds is behind the interface in
// target.go, in a file of the target's name.
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
	ReadmeFile    = "README.md"
	ValidateDir   = "validate" // a Packer folder of its own: image.pkr.hcl, variables.pkr.hcl, files
)

// Options say whom the Packer template is for. The zero Options is the local builder.
type Options struct {
	Target        string // QEMU, Nspawn or Azure; "" is QEMU
	PluginVersion string // of the plugin with the target's builder: 2.6.3; "" is the newest that is known here
	Standalone    bool   // let the builder alone distribute as much as it can; what it cannot is in Lost
	WindowsSSH    bool   // with QEMU: a source with Windows is reached by OpenSSH instead of WinRM
	Metadata      bool   // with QEMU and Nspawn: a variable has the command by which the build VM reaches a metadata service

	// Hosted is for the engine, with Azure: variables say at which address the builder finds its Azure, and at which port the guest. Nil is
	// for plain Packer.
	Hosted *Host
}

// Host is what the engine knows when it runs a Packer template for Azure.
type Host struct {
	Subscription string            // that is built in
	Tags         map[string]string // of all that the builder makes; the image template's are among them
}

// Folder is what goes into one Packer folder.
type Folder struct {
	Files []File // sorted by path

	// Missing lists the paths of files whose bytes are not known yet, sorted: their content is a URI that nobody resolved. The
	// Packer template refers to them all the same.
	Missing []string

	// Lost lists what the plan asks for and the Packer template alone does not do, in the order of the template. The README of
	// the folder has it too.
	Lost []Loss
}

// Loss is one thing that a plan asks for and a Packer template alone does not do.
type Loss struct {
	Path string // of the property in the image template: properties.vmProfile.vmSize
	What string // what is missing, in one clause: "the VHD is not copied to its uri"
	Why  string // the reason; may be ""
	Fix  string // what to do instead; may be ""

	Around bool // the engine does it around any Packer template, whatever the target and its plugin can do
}

// File is one file of the folder. Exactly one of Data and Blob is set.
type File struct {
	Path string      // below the folder, with slashes
	Data []byte      // generated, or the text of inline commands
	Blob string      // lower-case SHA-256 of bytes that the caller has in its content store
	Mode fs.FileMode // permission bits
}

// Packer writes p as a Packer template. The error says which part of p has no HCL form for the target.
func Packer(p *plan.Plan, o Options) (*Folder, error) {
	f := &Folder{}
	if err := f.add(p, o); err != nil {
		return nil, fmt.Errorf("emit %s: %w", p.Name, err)
	}
	slices.SortFunc(f.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	slices.Sort(f.Missing)
	return f, nil
}

func (f *Folder) add(p *plan.Plan, o Options) error {
	if err := uniqueNames(p); err != nil {
		return err
	}
	list := jobs(p)
	f.Lost = lostAround(p, o)
	targets := make([]target, len(list))
	for i, j := range list {
		t, err := newTarget(j, o)
		if err != nil {
			return err
		}
		if err := f.addJob(j, t); err != nil {
			return err
		}
		targets[i] = t
	}
	f.Files = append(f.Files, File{Path: ReadmeFile, Data: readmeFile(list, targets, f.Lost), Mode: 0o644})
	return nil
}

// addJob adds one Packer template with its files.
func (f *Folder) addJob(j job, t target) error {
	image, err := imageFile(j, t)
	if err != nil {
		return err
	}
	variables, err := variablesFile(j, t)
	if err != nil {
		return err
	}
	contents, missing, err := contentsOf(j)
	if err != nil {
		return err
	}
	f.Files = append(f.Files, contents...)
	f.Missing = append(f.Missing, missing...)
	f.Files = append(f.Files,
		File{Path: j.dir + TemplateFile, Data: image, Mode: 0o644},
		File{Path: j.dir + VariablesFile, Data: variables, Mode: 0o644},
	)
	if sums := sha256Sums(contents, j.dir+FilesDir+"/"); sums != nil {
		f.Files = append(f.Files, File{Path: j.dir + SumsFile, Data: sums, Mode: 0o644})
	}
	f.Lost = append(f.Lost, t.lost()...)
	return nil
}
