package plugindir

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/packer-plugin-sdk/plugin"

	"github.com/ingot-build/ingot/engine/pluginhost"
)

// Installed is a file of the plugin folder that looks like a plugin.
type Installed struct {
	Path    string
	Source  string // by the folder it lies in: "github.com/hashicorp/azure"
	Name    string // "azure"
	Version string // by its file name, without the "v": "2.6.3", "1.4.5-dev"
	API     string // by its file name: "x5.0"
	System  string // "linux_amd64"
	// Checksum is how the file stands to its checksum file.
	Checksum Checksum
	// Description is what the plugin tells of itself; nil if it was not asked, as when its checksum is wrong.
	Description *pluginhost.Description
	// Refused is why neither Packer nor Ingot runs it; "" for one that can be run.
	Refused string

	version *version.Version
	plugin  *pluginhost.Plugin
}

// fileName is the name of a plugin's file: name, version, API version, operating system, architecture.
var fileName = regexp.MustCompile(`^packer-plugin-([^_]+)_v([^_]+)_(x[^_]+)_([a-z0-9]+)_([a-z0-9]+)$`)

// thisSystem is what a file name ends with on this machine.
const thisSystem = runtime.GOOS + "_" + runtime.GOARCH

// List gives every file of the folder that looks like a plugin, sorted by source and then from the newest version to
// the oldest. Those with a right checksum are asked to describe themselves; no other is ever run. A folder that does
// not exist is empty.
func List(ctx context.Context, host *pluginhost.Host, folder string) ([]Installed, error) {
	list, err := scan(folder)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := list[i].verify(ctx, host); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// scan reads the names of the files in the folder. What can be told from a name is told.
func scan(folder string) ([]Installed, error) {
	var list []Installed
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == folder {
			return fs.SkipAll
		}
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() || !strings.HasPrefix(name, "packer-plugin-") || strings.HasSuffix(name, sumSuffix) {
			return nil
		}
		inside, err := filepath.Rel(folder, filepath.Dir(path))
		if err != nil {
			return err
		}
		list = append(list, named(path, filepath.ToSlash(inside)))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for plugins: %w", err)
	}
	slices.SortStableFunc(list, func(a, b Installed) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), newerFirst(a, b), strings.Compare(a.Path, b.Path))
	})
	return list, nil
}

// newerFirst compares versions; files without one come last.
func newerFirst(a, b Installed) int {
	switch {
	case a.version == nil || b.version == nil:
		return cmp.Compare(btoi(a.version == nil), btoi(b.version == nil))
	default:
		return cmp.Or(b.version.Compare(a.version), compareAPI(b.API, a.API))
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// named reads the name of a file in a folder whose path inside the plugin folder is source.
func named(path, source string) Installed {
	in := Installed{Path: path, Source: source, Checksum: ChecksumUnchecked}
	part := fileName.FindStringSubmatch(filepath.Base(path))
	if part == nil {
		in.Refused = "its name is not packer-plugin-NAME_vVERSION_xAPI_OS_ARCH"
		return in
	}
	in.Name, in.Version, in.API, in.System = part[1], part[2], part[3], part[4]+"_"+part[5]
	switch v, err := version.NewVersion(in.Version); {
	case source == ".":
		in.Source, in.Refused = "", "it lies in the plugin folder itself, and not in a folder of its source"
	case strings.Count(source, "/") >= maxSource:
		in.Refused = fmt.Sprintf("it lies deeper than %d folders", maxSource)
	case in.System != thisSystem:
		in.Refused = "it is for " + in.System + ", and this is " + thisSystem
	case err != nil:
		in.Refused = fmt.Sprintf("%q is no version", in.Version)
	case v.String() != in.Version:
		in.Refused = fmt.Sprintf("its version is written %q, and not %q", in.Version, v)
	case v.Metadata() != "":
		in.Refused = fmt.Sprintf("its version has build metadata: %q", v.Metadata())
	case !speaksAPI(in.API):
		in.Refused = fmt.Sprintf("it speaks version %s of the plugin API, and this program x%s.%s",
			in.API, plugin.APIVersionMajor, plugin.APIVersionMinor)
	default:
		in.version = v
	}
	return in
}

// parseAPI reads "x5.0".
func parseAPI(text string) (major, minor int, ok bool) {
	a, b, dot := strings.Cut(strings.TrimPrefix(text, "x"), ".")
	major, err1 := strconv.Atoi(a)
	minor, err2 := strconv.Atoi(b)
	return major, minor, dot && err1 == nil && err2 == nil
}

func compareAPI(a, b string) int {
	aMajor, aMinor, _ := parseAPI(a)
	bMajor, bMinor, _ := parseAPI(b)
	return cmp.Or(cmp.Compare(aMajor, bMajor), cmp.Compare(aMinor, bMinor))
}

// speaksAPI reports whether a host of this program's API version can talk to a plugin of that one.
func speaksAPI(api string) bool {
	major, minor, ok := parseAPI(api)
	ourMajor, ourMinor, _ := parseAPI(plugin.APIVersionMajor + "." + plugin.APIVersionMinor)
	return ok && major == ourMajor && minor <= ourMinor
}

// verify compares the file with its checksum and, if that is right, asks the plugin for its description. It refuses
// what is wrong; the error is only the context's.
func (in *Installed) verify(ctx context.Context, host *pluginhost.Host) error {
	if in.Refused != "" {
		return nil
	}
	if in.Checksum, in.Refused = checkSum(in.Path); in.Refused != "" {
		return nil
	}
	p, err := host.Open(in.Name, in.Path)
	if err != nil {
		in.Refused = err.Error()
		return ctx.Err()
	}
	in.plugin, in.Description = p, &p.Description
	told, err := version.NewVersion(p.Version)
	switch {
	case err != nil:
		in.Refused = fmt.Sprintf("it says that its version is %q, which is none", p.Version)
	case !told.Equal(in.version):
		in.Refused = fmt.Sprintf("it says that its version is %q, and its name says %q", p.Version, in.Version)
	case p.APIVersion != in.API:
		in.Refused = fmt.Sprintf("it says that it speaks version %q of the plugin API, and its name says %q",
			p.APIVersion, in.API)
	}
	return nil
}

// OtherSystem reports whether the file is for another operating system or architecture, which is no fault of it.
func (in *Installed) OtherSystem() bool { return in.System != "" && in.System != thisSystem }

// Protocol is how the plugin sends specifications: "protobuf" or "gob"; "" if it did not describe itself.
func (in *Installed) Protocol() string {
	switch {
	case in.Description == nil:
		return ""
	case in.Description.Protobuf:
		return "protobuf"
	default:
		return "gob"
	}
}
