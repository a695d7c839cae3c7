package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/translate/plan"
)

// TestLayerFlagsRefused gives flags that contradict each other, or the place.
func TestLayerFlagsRefused(t *testing.T) {
	for flags, want := range map[string]string{
		"--no-cache --from 1":              "--no-cache does not go with --from",
		"--no-cache --rebuild 1":           "--no-cache does not go with --rebuild",
		"--from 1 --rebuild 1":             "--from does not go with --rebuild",
		"--layers off --from 1":            "--from does not go with --layers off",
		"--layers off --no-cache":          "--no-cache does not go with --layers off",
		"--layers off --layers-budget 1GB": "--layers-budget does not go with --layers off",
		"--layers some":                    `"some" is not allowed; allowed: on, disk, off`,
		"--layers-budget much":             `--layers-budget "much" is no size`,
		"--layers-budget 0":                `--layers-budget "0" is no size`,
		"--on azure --layers disk":         "--layers says nothing to --on azure",
		"--on azure --rebuild 1":           "--rebuild says nothing to --on azure",
	} {
		t.Run(flags, func(t *testing.T) {
			var stderr bytes.Buffer
			env := Env{Stdin: strings.NewReader(""), Stdout: &bytes.Buffer{}, Stderr: &stderr, Getenv: func(string) string { return "" }}
			code := Main(t.Context(), env, append([]string{"build", "web.json"}, strings.Fields(flags)...))
			if code != ExitUsage || !strings.Contains(stderr.String(), want) {
				t.Errorf("exit %d, want %q:\n%s", code, want, stderr.String())
			}
		})
	}
}

// TestLayerOptions makes of flags and the environment what the service is asked.
func TestLayerOptions(t *testing.T) {
	p := &plan.Plan{Steps: []plan.Step{
		{ID: "prepare", Hidden: true}, {ID: "customize[0]", Name: "install"}, {ID: "customize[1]", Name: "page"}, {ID: "generalize", Hidden: true},
	}}
	for name, tt := range map[string]struct {
		o     layerOptions
		env   string
		on    string
		want  service.LayerUse
		until string
		err   string
	}{
		"nothing":                 {want: service.LayerUse{Mode: "on"}},
		"the environment":         {env: "disk", want: service.LayerUse{Mode: "disk"}},
		"the environment is off":  {env: "off", want: service.LayerUse{Mode: "off"}},
		"the flag wins":           {o: layerOptions{use: "on"}, env: "off", want: service.LayerUse{Mode: "on"}},
		"an environment of yore":  {env: "yes", err: `INGOT_LAYERS is "yes"`},
		"--from, where it is off": {o: layerOptions{from: "page"}, env: "off", want: service.LayerUse{Mode: "on", From: "customize[1]"}},
		"--rebuild by its number": {o: layerOptions{rebuild: "0"}, want: service.LayerUse{Mode: "on", Again: "customize[0]"}},
		"--until and --no-cache": {
			o: layerOptions{until: "generalize", noCache: true}, want: service.LayerUse{Mode: "on", Fresh: true}, until: "generalize",
		},
		"a budget":              {o: layerOptions{budget: "2GiB"}, want: service.LayerUse{Mode: "on", Budget: 2 << 30}},
		"a step of no template": {o: layerOptions{until: "pag"}, err: `the image template has no step "pag"`},
		"--until before --from": {o: layerOptions{until: "install", from: "page"}, err: "leaves nothing to run"},
		"--until at --rebuild":  {o: layerOptions{until: "page", rebuild: "page"}, err: "leaves nothing to run"},
		"--until in Azure":      {o: layerOptions{until: "page"}, on: service.OnAzure, until: "customize[1]"},
	} {
		t.Run(name, func(t *testing.T) {
			r := service.BuildRequest{On: tt.on}
			err := tt.o.apply(&r, p, func(string) string { return tt.env })
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Fatalf("got %v, want %q", err, tt.err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(tt.want, r.Layers); diff != "" || r.Until != tt.until {
				t.Errorf("until %q, layers (-want +got):\n%s", r.Until, diff)
			}
		})
	}
}
