package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// ciFiles are the files for CI systems, and what of them holds commands.
var ciFiles = []struct{ file, key string }{
	{".pre-commit-hooks.yaml", "entry"},
	{"examples/ci/github-actions.yml", "run"},
	{"examples/ci/azure-pipelines.yml", "script"},
}

// TestCIExamples runs the commands of the examples as a shell does, over a folder with good templates and over one with a bad one.
func TestCIExamples(t *testing.T) {
	template, err := os.ReadFile("../../examples/linux-web/template.json")
	if err != nil {
		t.Fatal(err)
	}
	bad := bytes.Replace(template, []byte(`"distribute"`), []byte(`"distributes"`), 1)
	for _, tt := range ciFiles {
		t.Run(filepath.Base(tt.file), func(t *testing.T) {
			commands := commandsIn(t, "../../"+tt.file, tt.key)
			if len(commands) == 0 {
				t.Fatal("it runs nothing")
			}
			for _, c := range commands {
				if tt.key == "entry" { // pre-commit adds the names of files
					c += " template.json package.json"
				}
				want := 3
				if strings.Contains(c, "$? -eq 3") {
					want = 0
				}
				for text, want := range map[string]int{string(template): 0, string(bad): want} {
					if got, output := shell(t, c, text); got != want {
						t.Errorf("%s: exit code %d, want %d: %s", c, got, want, output)
					}
				}
			}
		})
	}
}

// commandsIn reads a YAML file and returns the values of a key that run ingot.
func commandsIn(t *testing.T, file, key string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	var commands []string
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 1 && n.Content[i-1].Value == key && strings.Contains(child.Value, "ingot validate") {
				commands = append(commands, child.Value)
			}
			walk(child)
		}
	}
	walk(&root)
	return commands
}

// shell runs a command in a folder with a template and a file that is none.
func shell(t *testing.T, command, template string) (code int, output string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"template.json": template, "package.json": `{"name": "x"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestHooksInReadme holds that what the README tells people to write names hooks that exist.
func TestHooksInReadme(t *testing.T) {
	data, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct {
		ID       string `yaml:"id"`
		Language string `yaml:"language"`
		Files    string `yaml:"files"`
	}
	if err := yaml.Unmarshal(data, &hooks); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, h := range hooks {
		ids = append(ids, h.ID)
		if files, err := regexp.Compile(h.Files); err != nil || !files.MatchString("a/b.json") || files.MatchString("b.jsonnet") {
			t.Errorf("%s: files %q, error %v", h.ID, h.Files, err)
		}
	}
	readme, err := os.ReadFile("../../examples/ci/README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(readme)
	if block == nil {
		t.Fatal("the README has no example")
	}
	var config struct {
		Repos []struct{ Hooks []struct{ ID string } }
	}
	if err := yaml.Unmarshal(block[1], &config); err != nil || len(config.Repos) != 1 || len(config.Repos[0].Hooks) == 0 {
		t.Fatalf("%v: %+v", err, config)
	}
	for _, h := range config.Repos[0].Hooks {
		if !slices.Contains(ids, h.ID) {
			t.Errorf("the README has the hook %q; there are %q", h.ID, ids)
		}
	}
}
