package packercore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobwas/glob"

	"github.com/ingot-build/ingot/engine/packercore/hcl2"
	"github.com/ingot-build/ingot/translate/diag"
)

// pattern is an entry of Options.Only or Options.Except.
type pattern struct {
	text    string
	glob    glob.Glob
	matched bool
}

func compile(option string, texts []string) ([]*pattern, error) {
	var list []*pattern
	for _, text := range texts {
		g, err := glob.Compile(text)
		if err != nil {
			return nil, fmt.Errorf("%s %q is not a pattern: %w", option, text, err)
		}
		list = append(list, &pattern{text: text, glob: g})
	}
	return list, nil
}

func matches(list []*pattern, name string) bool {
	i := slices.IndexFunc(list, func(p *pattern) bool { return p.glob.Match(name) })
	if i >= 0 {
		list[i].matched = true
	}
	return i >= 0
}

// NothingChosenError says that Options.Only and Options.Except left nothing to build.
type NothingChosenError struct{ Names []string } // of all builds of the template

// Error names the builds that there are.
func (e *NothingChosenError) Error() string {
	return "every build of the Packer template is left out: " + strings.Join(e.Names, ", ")
}

// choose gives the builds that are to run. A pattern that matches nothing is only warned of, as in Packer.
func (s *session) choose() ([]*job, error) {
	only, err := compile("only", s.opts.Only)
	if err != nil {
		return nil, err
	}
	except, err := compile("except", s.opts.Except)
	if err != nil {
		return nil, err
	}
	var jobs []*job
	var names []string
	for _, b := range s.template.Builds {
		for _, src := range b.Sources {
			j := &job{session: s, name: buildName(b, src), build: b, source: src}
			names = append(names, j.name)
			if len(only) > 0 && !matches(only, j.name) || matches(except, j.name) {
				continue
			}
			for _, sequence := range b.PostProcessors {
				if kept := keptOf(sequence, src, except); len(kept) > 0 {
					j.postProcessors = append(j.postProcessors, kept)
				}
			}
			jobs = append(jobs, j)
		}
	}
	if len(jobs) == 0 {
		return nil, &NothingChosenError{Names: names}
	}
	for _, p := range slices.Concat(only, except) {
		if !p.matched {
			text := fmt.Sprintf("nothing matches the pattern %q; %s", p.text, diag.KnownNames(p.text, names))
			s.warnings = append(s.warnings, text)
		}
	}
	return jobs, nil
}

// keptOf gives the post-processors of a sequence that run for a source. One that the command line leaves out takes all after it
// along: they would get something else than they were written for.
func keptOf(sequence []*hcl2.PostProcessor, src *hcl2.Source, except []*pattern) (kept []*hcl2.PostProcessor) {
	for _, p := range sequence {
		if p.Skips(src) {
			continue
		}
		if matches(except, p.Title()) {
			break
		}
		kept = append(kept, p)
	}
	return kept
}
