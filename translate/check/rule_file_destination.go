package check

import (
	"fmt"
	"path"
	"strings"

	"github.com/ingot-build/ingot/translate/template"
)

// fileDestination keeps File customizers to where the build user of a Linux machine may write. A template for Windows, where any
// path will do, is refused elsewhere: there only the path's form counts.
func fileDestination(t *template.ImageTemplate, r *report) {
	windows := mayBeWindows(t)
	copies(t, func(f *template.File) {
		if uri, ok := f.SourceURI.Get(); ok && uri == "" {
			r.add(finding{at: f.SourceURI.Range, path: f.Path + ".sourceUri",
				summary: fmt.Sprintf("the sourceUri of %s is empty", label(f.Common))})
		}
		to, ok := f.Destination.Get()
		if !ok {
			return
		}
		add := func(summary, why, fix string) {
			r.add(finding{at: f.Destination.Range, path: f.Path + ".destination", summary: summary, why: why, fix: fix})
		}
		switch clean := path.Clean(to); {
		case windows && isWindowsPath(to):
		case isWindowsPath(to):
			add(fmt.Sprintf("the destination %q is a path on Windows", to), "the build VM runs Linux", "write a path below /tmp")
		case !strings.HasPrefix(to, "/"):
			add(fmt.Sprintf("the destination %q is not an absolute path", to), "", "write a path below /tmp")
		case strings.HasSuffix(to, "/") || !windows && clean == "/tmp":
			add(fmt.Sprintf("the destination %q names a directory", to), "it is the path of the file, with its name",
				"add the file name: "+strings.TrimSuffix(to, "/")+"/"+fileNameOf(f.SourceURI.Value))
		case !windows && !strings.HasPrefix(clean, "/tmp/"):
			add(fmt.Sprintf("the destination %q is not below /tmp", to), "files are written by the unprivileged build user",
				fmt.Sprintf("write /tmp/%s, and move it in a Shell customizer: sudo mv /tmp/%[1]s %s", path.Base(clean), clean))
		}
	})
}

func isWindowsPath(p string) bool {
	return strings.HasPrefix(p, `\\`) || len(p) > 2 && p[1] == ':' && (p[2] == '\\' || p[2] == '/')
}

// fileNameOf is the last part of a URI's path, for a suggestion.
func fileNameOf(uri string) string {
	uri, _, _ = strings.Cut(uri, "?")
	if name := path.Base(uri); name != "." && name != "/" {
		return name
	}
	return "FILE"
}
