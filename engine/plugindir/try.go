package plugindir

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/ingot-build/ingot/engine/pluginhost"
)

// Components lists the types that templates name the plugin's components by, each kind sorted. They are empty for a
// plugin that did not describe itself.
func (in *Installed) Components() (builders, provisioners, postProcessors, dataSources []string) {
	if in.plugin == nil {
		return nil, nil, nil, nil
	}
	c := in.plugin.Components()
	return slices.Sorted(maps.Keys(c.Builders)), slices.Sorted(maps.Keys(c.Provisioners)),
		slices.Sorted(maps.Keys(c.PostProcessors)), slices.Sorted(maps.Keys(c.DataSources))
}

// Try starts every component of a plugin that is not refused and asks it for its specification, as a build does first.
// The error joins those of the components.
func (in *Installed) Try() error {
	if in.Refused != "" {
		return errors.New(in.Refused)
	}
	c := in.plugin.Components()
	return errors.Join(
		tryAll("builder", c.Builders), tryAll("provisioner", c.Provisioners),
		tryAll("post-processor", c.PostProcessors), tryAll("data source", c.DataSources),
	)
}

// tryAll starts and ends the components of a kind, one after the other.
func tryAll[T any](kind string, constructors map[string]func() T) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(constructors)) {
		component := any(constructors[name]())
		err := component.(pluginhost.Starter).Start()
		if err = errors.Join(err, component.(io.Closer).Close()); err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", kind, name, err))
		}
	}
	return errors.Join(errs...)
}
