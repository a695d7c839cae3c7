package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/ingot-build/ingot/engine/vhd"
)

// place is where a VHD goes; one of the two is set.
type place struct {
	inGallery string // name for gallery.PublishVHD
	file      string // absolute path
}

// URIError says why the uri of a VHD distributor has no place on this machine. It never holds the query of a URL, which may be
// a shared access signature.
type URIError struct{ URI, Bad string }

func (e *URIError) Error() string { return fmt.Sprintf("VHD uri %q: %s", e.URI, e.Bad) }

// Fix shows what is understood.
func (e *URIError) Fix() string {
	return "write file:///folder/name.vhd, or the blob's https URL, or leave uri out: then the VHD is kept with the run"
}

// vhdPlace maps the uri of a VHD distributor to this machine. "" is kept with the run's outputs. A file URL or an absolute path is
// that file. A blob's URL becomes a name below the gallery, by account, container and blob, as nothing is uploaded from here. A
// folder or container, which is what does not end in ".vhd", gets a file named after the run output.
func vhdPlace(uri, runID, runOutputName string) (place, error) {
	own := runOutputName + ".vhd"
	if uri == "" {
		return place{inGallery: runID + "/" + own}, nil
	}
	if filepath.IsAbs(uri) {
		return place{file: fileIn(uri, own)}, nil
	}
	shown, _, _ := strings.Cut(uri, "?")
	u, err := url.Parse(uri)
	if err != nil {
		return place{}, &URIError{URI: shown, Bad: "it is not a URL"}
	}
	u.RawQuery, u.Fragment, u.User = "", "", nil
	shown = u.String()
	switch strings.ToLower(u.Scheme) {
	case "file":
		if u.Host != "" && u.Host != "localhost" || !filepath.IsAbs(u.Path) {
			return place{}, &URIError{URI: shown, Bad: "a file URL holds an absolute path on this machine"}
		}
		return place{file: fileIn(u.Path, own)}, nil
	case "http", "https":
		account, _, isBlob := strings.Cut(u.Hostname(), ".blob.")
		if !isBlob && u.Port() != "" {
			account += "_" + u.Port() // an emulator
		}
		if account == "" {
			return place{}, &URIError{URI: shown, Bad: "it has no host"}
		}
		name := strings.TrimPrefix(path.Clean("/"+u.Path), "/")
		if !strings.HasSuffix(name, ".vhd") {
			name = path.Join(name, own)
		}
		return place{inGallery: path.Join(strings.ToLower(account), name)}, nil
	default:
		return place{}, &URIError{URI: shown, Bad: "it is neither a file nor a blob"}
	}
}

// fileIn is the path of the VHD itself: path, or the file own in it when it names a folder.
func fileIn(path, own string) string {
	st, err := os.Stat(path)
	if strings.HasSuffix(path, "/") || err == nil && st.IsDir() {
		path = filepath.Join(path, own)
	}
	return filepath.Clean(path)
}

// OverwriteError says that a file which is no VHD lies where one was to go.
type OverwriteError struct{ Path, What string }

func (e *OverwriteError) Error() string {
	return fmt.Sprintf("%s is %s and is left alone", e.Path, e.What)
}

// Why is the rule.
func (e *OverwriteError) Why() string {
	return "a VHD distributor replaces an earlier VHD, as it would a blob, but nothing else"
}

// Fix is what to do about it.
func (e *OverwriteError) Fix() string { return "name another file in uri, or move that one away" }

// checkFree reports what is in the way of a VHD at file: nothing, if the file is absent or a VHD.
func checkFree(file string) error {
	st, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !st.Mode().IsRegular():
		return &OverwriteError{Path: file, What: "not a regular file"}
	}
	var format *vhd.FormatError
	if _, err := vhd.ReadFooter(file); errors.As(err, &format) {
		return &OverwriteError{Path: file, What: "not a VHD"}
	} else if err != nil {
		return err
	}
	return nil
}

// export writes the VHD to a file of the user's. It is a copy, not a hard link: the file is theirs to boot and change, and the
// gallery's must not change with it. It is written beside under another name and renamed, so that the old file or the whole new
// one is there at any time.
func (j job) export(ctx context.Context, file string) error {
	if err := checkFree(file); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	partial := fmt.Sprintf("%s.%s.partial", file, uuid.NewString()[:8])
	if j.opts.Record != nil {
		if err := j.opts.Record(ctx, partial); err != nil {
			return err
		}
	}
	defer os.Remove(partial) // after the rename there is nothing by this name
	if err := vhd.Copy(ctx, j.disk, partial); err != nil {
		return err
	}
	if err := os.Chmod(partial, 0o644); err != nil {
		return err
	}
	return os.Rename(partial, file)
}
