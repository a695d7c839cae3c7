package dap

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"testing"
)

// The extension that the page shows knows the launch configuration as the adapter reads it.
func TestPageExtension(t *testing.T) {
	page, err := os.ReadFile("../../../docs/dap.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)`package.json`:\n\n```json\n(.*?)```").FindSubmatch(page)
	if m == nil {
		t.Fatal("the page shows no package.json")
	}
	var manifest struct {
		Contributes struct {
			Debuggers []struct {
				Type                    string
				ConfigurationAttributes struct {
					Launch struct {
						Required   []string
						Properties map[string]any
					}
				}
			}
		}
	}
	if err := json.Unmarshal(m[1], &manifest); err != nil {
		t.Fatal(err)
	}
	launch := manifest.Contributes.Debuggers[0].ConfigurationAttributes.Launch
	var known []string
	for f := range reflect.TypeFor[Launch]().Fields() {
		known = append(known, f.Tag.Get("json"))
	}
	for _, name := range known {
		// The editor has a button for the one, and the other has one value.
		if _, shown := launch.Properties[name]; !shown && name != "noDebug" && name != "on" {
			t.Errorf("the extension does not know %q", name)
		}
		if !slices.Contains(launchNames, name) {
			t.Errorf("%q would be called unknown", name)
		}
	}
	for name := range launch.Properties {
		if !slices.Contains(known, name) {
			t.Errorf("the extension knows %q, and the adapter does not", name)
		}
	}
}
