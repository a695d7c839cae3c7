package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/internal/testtools"
)

// subject is a plugin that the suite is run against.
type subject struct {
	name    string // of the test
	plugin  string // name under which it is opened
	version string // what it must say; "" for whatever it says
	proto   bool   // speaks protobuf
	program func(*testing.T) string
}

// subjects are the plugins. What they do when they do wrong, TestMisbehaving has.
var subjects = []subject{
	{"the test's own", "test", "1.2.3", true, self},
	{"ingot", "ingot", "", true, func(t *testing.T) string { return testtools.IngotPlugin(t).Path }},
	{"azure of old", "azure", testtools.AzurePluginVersion, false, func(t *testing.T) string {
		t.Setenv(testtools.AzurePluginVariable, "")
		return testtools.AzurePlugin(t).Path
	}},
	{"azure of today", "azure", "", true, func(t *testing.T) string {
		if os.Getenv(testtools.AzurePluginVariable) == "" {
			t.Skipf("%s does not name a checkout of packer-plugin-azure", testtools.AzurePluginVariable)
		}
		return testtools.AzurePlugin(t).Path
	}},
}

// TestConformance runs plugins that do nothing wrong, each with all its components.
func TestConformance(t *testing.T) {
	for _, s := range subjects {
		t.Run(s.name, func(t *testing.T) {
			program := s.program(t)
			open := func(t *testing.T, change ...func(*Options)) (*harness, *Plugin) {
				h := newHarness(t, "good", change...)
				p, err := h.Open(s.plugin, program)
				if err != nil {
					t.Fatal(err)
				}
				return h, p
			}
			t.Run("describes itself", func(t *testing.T) {
				_, p := open(t)
				if s.version != "" && p.Version != s.version || p.Protobuf != s.proto || p.APIVersion != "x5.0" {
					t.Errorf("%+v", p.Description)
				}
				if len(all(p)) == 0 {
					t.Error("it has no components")
				}
			})
			t.Run("specifies its components", func(t *testing.T) { specifies(t, open) })
			t.Run("refuses what is no configuration", func(t *testing.T) { refuses(t, open) })
			t.Run("is missed when it is gone", func(t *testing.T) { missed(t, open) })
			t.Run("does not have every component", func(t *testing.T) {
				_, p := open(t)
				p.Builders = []string{"nonsense"}
				b := p.Components().Builders[s.plugin+"-nonsense"]()
				within(t, time.Minute, func() {
					var fault *Error
					if err := b.(Starter).Start(); !errors.As(err, &fault) {
						t.Errorf("got %v, want an *Error", err)
					}
				})
			})
			t.Run("ends with its host's context", func(t *testing.T) {
				h, p := open(t)
				ctx, cancel := context.WithCancelCause(t.Context())
				enough := errors.New("enough")
				cancel(enough)
				h.Host.ctx = ctx
				within(t, time.Minute, func() {
					if err := all(p)[0].(Starter).Start(); !errors.Is(err, enough) {
						t.Errorf("got %v, want %v", err, enough)
					}
				})
			})
		})
	}
}

// opener opens the plugin of a subject.
type opener = func(*testing.T, ...func(*Options)) (*harness, *Plugin)

// all makes one of every component, in no order.
func all(p *Plugin) (list []any) {
	c := p.Components()
	for _, make := range c.Builders {
		list = append(list, make())
	}
	for _, make := range c.Provisioners {
		list = append(list, make())
	}
	for _, make := range c.PostProcessors {
		list = append(list, make())
	}
	for _, make := range c.DataSources {
		list = append(list, make())
	}
	return list
}

// specifies asks all components at once for their specifications, over both encodings if there are two: they must say
// the same.
func specifies(t *testing.T, open opener) {
	specs := func(t *testing.T, change ...func(*Options)) map[string]cty.Type {
		_, p := open(t, change...)
		types := map[string]cty.Type{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, c := range all(p) {
			wg.Go(func() {
				if err := c.(Starter).Start(); err != nil {
					t.Error(err)
					return
				}
				spec := hcldec.ImpliedType(c.(hcldec2).ConfigSpec())
				mu.Lock()
				defer mu.Unlock()
				types[titleOf(c)] = spec
			})
		}
		wg.Wait()
		return types
	}
	types := specs(t)
	for name, spec := range types {
		if len(spec.AttributeTypes()) == 0 {
			t.Errorf("%s has no attributes", name)
		}
	}
	for name, spec := range specs(t, gob) {
		if !spec.Equals(types[name]) {
			t.Errorf("%s: gob and protobuf give different types", name)
		}
	}
}

func titleOf(c any) string {
	switch c := c.(type) {
	case *builder:
		return c.title()
	case *provisioner:
		return c.title()
	case *postProcessor:
		return c.title()
	case *dataSource:
		return c.title()
	}
	panic(fmt.Sprintf("component %T", c))
}

// refuses gives every component a configuration of a wrong type. The component says so; that is no fault of the plugin.
func refuses(t *testing.T, open opener) {
	_, p := open(t)
	config := map[string]any{"no_such_attribute": secret}
	for _, c := range all(p) {
		var err error
		within(t, time.Minute, func() {
			switch c := c.(type) {
			case *builder:
				_, _, err = c.Prepare(config)
			case *provisioner:
				err = c.Prepare(config)
			case *postProcessor:
				err = c.Configure(config)
			case *dataSource:
				err = c.Configure(config)
			}
		})
		var fault *Error
		if err == nil || errors.As(err, &fault) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %v, want what the component says", titleOf(c), err)
		}
		if err := c.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
	}
}

// missed kills, stops and closes components, and then uses them.
func missed(t *testing.T, open opener) {
	_, p := open(t)
	for name, do := range map[string]func(*builder) error{
		"killed": func(b *builder) error { return syscall.Kill(b.proc.pid, syscall.SIGKILL) },
		"closed": func(b *builder) error { return b.Close() },
	} {
		for _, make := range p.Components().Builders {
			b := make().(*builder)
			if err := b.Start(); err != nil {
				t.Fatal(err)
			}
			if err := do(b); err != nil {
				t.Fatal(err)
			}
			within(t, time.Minute, func() {
				var fault *Error
				if _, _, err := b.Prepare(map[string]any{}); !errors.As(err, &fault) || !strings.Contains(err.Error(), "during Prepare") {
					t.Errorf("%s: got %v, want an *Error", name, err)
				}
			})
		}
	}
}
