package translate_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/sync/errgroup"

	"github.com/ingot-build/ingot/internal/testtools"
	"github.com/ingot-build/ingot/translate/emit"
)

// stockPacker is stock Packer with plugins, and folders for it.
type stockPacker struct {
	t    *testing.T
	path string
	env  []string
	root string // of the folders

	plugins []testtools.Plugin
	dirs    map[string]string // of plugins, by what is in them

	names map[[sha256.Size]byte][]string // whose folder it is, by what Packer reads of it
	runs  []packerRun
}

// packerRun is one folder to validate.
type packerRun struct {
	dir     string
	vars    []string
	key     [sha256.Size]byte
	plugins string // the folder of those that it requires
}

func newStockPacker(t *testing.T, plugins ...testtools.Plugin) *stockPacker {
	t.Helper()
	env := append(testtools.PackerEnv(t, ""), noNetwork(t)...)
	// Some hundred short runs of several processes each: they need no more threads than one, and end before garbage is worth collecting.
	env = append(env, "GOMAXPROCS=1", "GOGC=off")
	return &stockPacker{t: t, path: testtools.Packer(t), env: env, root: t.TempDir(), plugins: plugins, dirs: map[string]string{},
		names: map[[sha256.Size]byte][]string{}}
}

// pluginsFor is a folder with the plugins that a Packer template requires, and no other: Packer takes checksums of all that it finds.
func (p *stockPacker) pluginsFor(text []byte) string {
	p.t.Helper()
	var required []testtools.Plugin
	for _, plugin := range p.plugins {
		if bytes.Contains(text, []byte(`"`+plugin.Source+`"`)) {
			required = append(required, plugin)
		}
	}
	key := fmt.Sprint(required)
	if p.dirs[key] == "" {
		p.dirs[key] = testtools.PluginDir(p.t, required...)
	}
	return p.dirs[key]
}

// add emits a plan in several ways. Packer starts a process for each provisioner, and the build blocks of all ways are the same but
// for the name of the source: that is held here, and only the first way is validated with its provisioners. What Packer reads the
// same is validated once.
func (p *stockPacker) add(d doc, ways []emit.Options) {
	p.t.Helper()
	var first map[string][]byte
	for i, o := range ways {
		f, err := emit.Packer(d.plan, o)
		if err != nil {
			p.t.Errorf("%s: %v", d.name, err)
			continue
		}
		texts := templates(f)
		if i == 0 {
			first = texts
			p.folder(d.name, f, texts)
			continue
		}
		for dir, text := range texts {
			if diff := cmp.Diff(buildBlock(p.t, first[dir]), buildBlock(p.t, text)); diff != "" {
				p.t.Errorf("%s: the build blocks of %+v and %+v differ:\n%s", d.name, ways[0], o, diff)
			}
		}
		bare := *d.plan
		bare.Name = "image" // the name is in the build block
		if v := bare.Validation; v == nil || !v.SourceOnly {
			bare.Steps = nil
		}
		if f, err = emit.Packer(&bare, o); err != nil {
			p.t.Errorf("%s: %v", d.name, err)
			continue
		}
		p.folder(d.name, f, templates(f))
	}
}

// templates gives what Packer reads of each folder: "" and "validate/".
func templates(f *emit.Folder) map[string][]byte {
	texts := map[string][]byte{}
	for _, file := range f.Files {
		if strings.HasSuffix(file.Path, ".pkr.hcl") {
			dir, _ := filepath.Split(file.Path)
			texts[dir] = append(texts[dir], file.Data...)
		}
	}
	return texts
}

var sourceList = regexp.MustCompile(`(?m)^  sources = .*$`)

func buildBlock(t *testing.T, text []byte) string {
	t.Helper()
	_, block, ok := bytes.Cut(text, []byte("\nbuild {\n"))
	if !ok {
		t.Fatalf("no build block in\n%s", text)
	}
	block, _, _ = bytes.Cut(block, []byte("\n}\n"))
	return string(sourceList.ReplaceAll(block, nil))
}

// folder takes the Packer templates of an emitted folder on the list.
func (p *stockPacker) folder(name string, f *emit.Folder, texts map[string][]byte) {
	p.t.Helper()
	dir := filepath.Join(p.root, fmt.Sprint(len(p.runs)))
	for sub, text := range texts {
		key := sha256.Sum256(text)
		if p.names[key] = append(p.names[key], name); len(p.names[key]) > 1 {
			continue
		}
		p.write(dir, sub, f)
		p.runs = append(p.runs, packerRun{filepath.Join(dir, sub), required(p.t, text), key, p.pluginsFor(text)})
	}
}

// write puts one Packer template of an emitted folder below dir. Files whose content is fetched at build time are there, and empty.
func (p *stockPacker) write(dir, sub string, f *emit.Folder) {
	p.t.Helper()
	put := func(path string, data []byte) {
		if rest, ok := strings.CutPrefix(path, sub); ok && (sub != "" || !strings.HasPrefix(path, emit.ValidateDir+"/")) {
			path = filepath.Join(dir, sub, rest)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				p.t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o644); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	for _, file := range f.Files {
		put(file.Path, file.Data)
	}
	for _, path := range f.Missing {
		put(path, nil)
	}
}

// required gives a value to every variable that has none.
func required(t *testing.T, templates []byte) []string {
	t.Helper()
	file, diags := hclparse.NewParser().ParseHCL(templates, "both.pkr.hcl")
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, templates)
	}
	var args []string
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		if b.Type != "variable" || b.Body.Attributes["default"] != nil {
			continue
		}
		value := "example"
		if strings.HasSuffix(b.Labels[0], "_version") {
			value = "1.0.0"
		}
		args = append(args, "-var", b.Labels[0]+"="+value)
	}
	return args
}

// validateAll runs Packer over the folders, two at a time, and says what it did. Nothing of it asks the network.
func (p *stockPacker) validateAll() {
	p.t.Helper()
	var group errgroup.Group
	group.SetLimit(2)
	for _, run := range p.runs {
		group.Go(func() error {
			out, err := p.run(run.plugins, append(append([]string{"validate"}, run.vars...), run.dir)...)
			if err == nil {
				return nil
			}
			names := strings.Join(p.names[run.key], ", ")
			text := read(p.t, filepath.Join(run.dir, emit.TemplateFile))
			p.t.Errorf("%s: packer validate: %v\n%s\n%s", names, err, out, text)
			return nil
		})
	}
	_ = group.Wait() // failures are reported where they are found
	if out, err := p.run("", "fmt", "-check", "-diff", "-recursive", p.root); err != nil {
		p.t.Errorf("packer fmt: %v\n%s", err, out)
	}
	total := 0
	for _, names := range p.names {
		total += len(names)
	}
	p.t.Logf("%d Packer templates, %d of them different, validated and held against packer fmt", total, len(p.runs))
}

// run runs Packer, which finds the plugins in a folder.
func (p *stockPacker) run(plugins string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(p.t.Context(), p.path, args...)
	cmd.Env = append(slices.Clip(p.env), "PACKER_PLUGIN_PATH="+plugins)
	return cmd.CombinedOutput()
}

// noNetwork is an environment whose proxy fails the test when it is asked for anything.
func noNetwork(t *testing.T) []string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("Packer asks the network: %s %s", r.Method, r.URL)
		http.Error(w, "there is no network", http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	var env []string
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		env = append(env, name+"="+proxy.URL)
	}
	return append(env, "NO_PROXY=", "no_proxy=")
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
