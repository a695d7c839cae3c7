package plugindir

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/go-version"

	"github.com/ingot-build/ingot/engine/pluginhost"
)

// Requirement is an entry of required_plugins.
type Requirement struct {
	Name       string // what the template calls it, which its components' types begin with
	Source     string // github.com/hashicorp/azure
	Constraint string // "~> 2.5"; "" for any version
}

// NotInstalledError says that no plugin of the folder meets a requirement.
type NotInstalledError struct {
	Requirement Requirement
	Folder      string
	Others      []Installed // of the same source, which do not meet it or are refused; may be empty
}

// What names the plugin that is missing.
func (e *NotInstalledError) What() string {
	text := fmt.Sprintf("plugin %q is not installed: %s", e.Requirement.Name, e.Requirement.Source)
	if e.Requirement.Constraint != "" {
		text += " " + e.Requirement.Constraint
	}
	return text
}

// Why tells what there is instead.
func (e *NotInstalledError) Why() string {
	if len(e.Others) == 0 {
		return "there is none in " + e.Folder
	}
	text := "what is in " + e.Folder + " does not do:"
	for _, in := range e.Others {
		reason := in.Refused
		if reason == "" {
			reason = "another version is required"
		}
		text += fmt.Sprintf("\n%s %s: %s", in.Name, in.Version, reason)
	}
	return text
}

// Fix is the command that installs the plugin.
func (e *NotInstalledError) Fix() string {
	fix := "ingot plugins install " + e.Requirement.Source
	if e.Requirement.Constraint != "" {
		fix += fmt.Sprintf(" '%s'", e.Requirement.Constraint)
	}
	return fix
}

// Error gives all parts.
func (e *NotInstalledError) Error() string {
	return e.What() + "\n  why:  " + strings.ReplaceAll(e.Why(), "\n", "\n        ") + "\n  fix:  " + e.Fix()
}

// Choose opens the plugins that a template gets: the newest one that meets each requirement, under the name that the
// template has for it; and of every other plugin in the folder the newest, under its own name, as Packer does. A
// requirement that nothing meets is a *NotInstalledError; a plugin that was not asked for and cannot be run is left
// out.
//
// A pre-release counts as the version it leads to: 2.6.3-dev meets ">= 2.6.3". Plugins that a better one makes
// superfluous are not run.
func Choose(
	ctx context.Context, host *pluginhost.Host, folder string, wanted []Requirement, without ...string,
) ([]*pluginhost.Plugin, error) {
	list, err := scan(folder)
	if err != nil {
		return nil, err
	}
	var chosen []*pluginhost.Plugin
	taken := map[string]bool{}
	for _, w := range wanted {
		p, err := newest(ctx, host, folder, list, w)
		if err != nil {
			return nil, err
		}
		p.Name = w.Name
		chosen = append(chosen, p)
		taken[w.Name] = true
	}
	for _, in := range byVersion(list) {
		if taken[in.Name] || in.Refused != "" || slices.Contains(without, in.Source) {
			continue
		}
		if err := in.verify(ctx, host); err != nil {
			return nil, err
		}
		if in.Refused == "" {
			chosen = append(chosen, in.plugin)
			taken[in.Name] = true
		}
	}
	return chosen, nil
}

// ParseConstraint reads a constraint such as "~> 2.5, != 2.6.0"; "" allows every version.
func ParseConstraint(text string) (version.Constraints, error) {
	if text == "" {
		return nil, nil
	}
	constraints, err := version.NewConstraint(text)
	if err != nil {
		return nil, fmt.Errorf("version %q is neither a version nor a range of versions", text)
	}
	return constraints, nil
}

// newest finds the newest plugin of the list, which has newer ones first, that meets a requirement.
func newest(
	ctx context.Context, host *pluginhost.Host, folder string, list []Installed, w Requirement,
) (*pluginhost.Plugin, error) {
	constraints, err := ParseConstraint(w.Constraint)
	if err != nil {
		return nil, fmt.Errorf("plugin %q: %w", w.Name, err)
	}
	missing := &NotInstalledError{Requirement: w, Folder: folder}
	for _, in := range list {
		if in.Source != w.Source || in.Name != path.Base(w.Source) {
			continue
		}
		if in.Refused == "" && constraints.Check(in.version.Core()) {
			if err := in.verify(ctx, host); err != nil {
				return nil, err
			}
			if in.Refused == "" {
				return in.plugin, nil
			}
		}
		missing.Others = append(missing.Others, in)
	}
	return nil, missing
}

// byVersion sorts a list by the plugins' names, whatever their sources, with newer ones first.
func byVersion(list []Installed) []Installed {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b Installed) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), newerFirst(a, b))
	})
	return sorted
}

// Latest tells of a list that List gave which files a template gets that asks for no version, by path.
func Latest(list []Installed) map[string]bool {
	latest, taken := map[string]bool{}, map[string]bool{}
	for _, in := range byVersion(list) {
		if in.Refused == "" && !taken[in.Name] {
			latest[in.Path], taken[in.Name] = true, true
		}
	}
	return latest
}
