package fidelity

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/resolve"
	"github.com/ingot-build/ingot/translate/plan"
)

// remote are the contents that a URL of the template leads to.
func (f Facts) remote() []*plan.Content {
	return slices.DeleteFunc(f.Plan.Contents(), func(c *plan.Content) bool {
		u, err := url.Parse(c.URI)
		return c.URI == "" || err != nil || u.Scheme != "http" && u.Scheme != "https"
	})
}

func fetchTime(f Facts) []Difference {
	list := f.remote()
	if len(list) == 0 {
		return nil
	}
	what := "1 script or file is what its URL had when this run began"
	if n := len(list); n > 1 {
		what = fmt.Sprintf("%d scripts and files are what their URLs had when this run began", n)
	}
	return one(Difference{
		What: what + "; the service takes what was there when the template was created",
		Why:  "it fetches once, at submission: a script that changed since has no effect there until the template is deleted and created again",
	}.about(list[0].Origin))
}

func fetchIdentity(f Facts) []Difference {
	var found []Difference
	for _, s := range f.Files {
		if s.As != "" {
			found = append(found, Difference{
				What: fmt.Sprintf("%s was read as %s; the service reads it as the identity of the template", shortURI(s), s.As),
				Why:  "that identity must be able to read the blob, and whoever is signed in here may see more",
				Path: s.Path,
			})
		}
	}
	return found
}

// localFile is about URIs that mean nothing but on this machine.
func localFile(f Facts) []Difference {
	var found []Difference
	for _, step := range f.Plan.AllSteps() {
		c := step.Content()
		if c == nil || c.URI == "" || strings.HasPrefix(c.URI, "http://") || strings.HasPrefix(c.URI, "https://") {
			continue
		}
		found = append(found, Difference{
			What: fmt.Sprintf("%s is a file of this machine; the service can read none", c.URI),
			Why:  "it takes public URLs, and blobs that the identity of the template may read",
			Step: step.ID,
		}.about(c.Origin))
	}
	return found
}

func privateAddress(f Facts) []Difference {
	if !f.Policy.AllowPrivate || len(f.remote()) == 0 {
		return nil
	}
	return one(Difference{
		What: "URLs may lead into networks of this machine; the service reaches public addresses and storage accounts",
		Why:  "--allow-private-addresses was given",
	})
}

func offline(f Facts) []Difference {
	if !f.Policy.Offline || len(f.remote()) == 0 {
		return nil
	}
	return one(Difference{
		What: "scripts and files are those that an earlier run fetched; the service fetches them, and fails where it cannot",
		Why:  "--offline was given: what the URLs have by now, and whether they answer, is not known",
	})
}

func override(f Facts) []Difference {
	var found []Difference
	for _, s := range f.Files {
		if s.From == resolve.FromOverride {
			found = append(found, Difference{
				What: fmt.Sprintf("%s was in place of %s; the service takes what is at the URL", s.File, s.URI),
				Why:  "--override was given",
				Path: s.Path,
			})
		}
	}
	return found
}

// shortURI is the last part of a URI, for people.
func shortURI(s resolve.Staged) string { return s.URI[strings.LastIndexByte(s.URI, '/')+1:] }
