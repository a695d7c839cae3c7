package pluginhost

import (
	"fmt"
	"io/fs"
	"os"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/rpc"
)

// Plugin is a plugin program that has described itself.
type Plugin struct {
	Name string // "azure"; its components' types begin with it: azure-arm
	Path string
	Description

	host *Host
	file fs.FileInfo
}

// Open asks the program at path to describe itself. The file must not change from then on: a process of it is only
// started while it is the one that was opened.
func (h *Host) Open(name, path string) (*Plugin, error) {
	file, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("plugin %q: %w", name, err)
	}
	d, err := h.Describe(name, path)
	if err != nil {
		return nil, err
	}
	return &Plugin{Name: name, Path: path, Description: d, host: h, file: file}, nil
}

// unchanged fails if the program is another one than was opened.
func (p *Plugin) unchanged() error {
	now, err := os.Stat(p.Path)
	if err != nil {
		return fmt.Errorf("plugin %q: %w", p.Name, err)
	}
	if !os.SameFile(now, p.file) || now.Size() != p.file.Size() || !now.ModTime().Equal(p.file.ModTime()) {
		return &Error{Plugin: p.Name, What: "was replaced while it was in use: " + p.Path, Fix: "run the command again"}
	}
	return nil
}

// Components are a plugin's constructors by the type that a Packer template writes. A component's process starts at its
// first use; all of them implement Starter and io.Closer.
type Components struct {
	Builders       map[string]func() packersdk.Builder
	Provisioners   map[string]func() packersdk.Provisioner
	PostProcessors map[string]func() packersdk.PostProcessor
	DataSources    map[string]func() packersdk.Datasource
}

// Starter is a component that can be told to get ready before it is first used, and says what is wrong if it cannot.
// Without it the first call fails; and if that is ConfigSpec, whose interface has no error, it panics.
type Starter interface{ Start() error }

// Components gives the constructors. Every component is a process of its own, as under Packer.
func (p *Plugin) Components() Components {
	c := Components{
		Builders:       map[string]func() packersdk.Builder{},
		Provisioners:   map[string]func() packersdk.Provisioner{},
		PostProcessors: map[string]func() packersdk.PostProcessor{},
		DataSources:    map[string]func() packersdk.Datasource{},
	}
	for _, name := range p.Builders {
		c.Builders[p.typeOf(name)] = func() packersdk.Builder {
			pick := func(c *rpc.Client) hcldec2 { return c.Builder() }
			return &builder{p.component("builder", name, pick)}
		}
	}
	for _, name := range p.Provisioners {
		c.Provisioners[p.typeOf(name)] = func() packersdk.Provisioner {
			pick := func(c *rpc.Client) hcldec2 { return c.Provisioner() }
			return &provisioner{p.component("provisioner", name, pick)}
		}
	}
	for _, name := range p.PostProcessors {
		c.PostProcessors[p.typeOf(name)] = func() packersdk.PostProcessor {
			pick := func(c *rpc.Client) hcldec2 { return c.PostProcessor() }
			return &postProcessor{p.component("post-processor", name, pick)}
		}
	}
	for _, name := range p.DataSources {
		c.DataSources[p.typeOf(name)] = func() packersdk.Datasource {
			pick := func(c *rpc.Client) hcldec2 { return c.Datasource() }
			return &dataSource{p.component("datasource", name, pick)}
		}
	}
	return c
}

// typeOf is what a template calls a component.
func (p *Plugin) typeOf(name string) string {
	if name == DefaultName {
		return p.Name
	}
	return p.Name + "-" + name
}

func (p *Plugin) component(kind, name string, pick func(*rpc.Client) hcldec2) *component {
	return &component{host: p.host, plugin: p, kind: kind, name: name, pick: pick}
}
