package plugindir

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/pluginhost"
)

// script is a plugin that can describe itself and no more. It notes that it was run.
func script(version, api, ran string) string {
	return fmt.Sprintf(`#!/bin/sh
echo ran >> '%s'
test "$1" = describe || exit 1
echo '{"version":"%s","sdk_version":"0.6.10","api_version":"%s","builders":["arm"],"protocol_version":"v2"}'
`, ran, version, api)
}

// place writes a file of a plugin folder with its checksum.
func place(t *testing.T, folder, source, name, content string) string {
	t.Helper()
	path := filepath.Join(folder, filepath.FromSlash(source), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, path, content)
	write(t, path+sumSuffix, fmt.Sprintf("%x", sha256.Sum256([]byte(content))))
	return path
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

// file is the name of a plugin's file for this machine.
func file(name, version string) string {
	return fmt.Sprintf("packer-plugin-%s_v%s_x5.0_%s", name, version, thisSystem)
}

func newHost(t *testing.T) *pluginhost.Host {
	t.Helper()
	h := pluginhost.New(t.Context(), pluginhost.Options{Limits: pluginhost.Limits{Describe: 10 * time.Second}})
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func TestFolder(t *testing.T) {
	home := t.TempDir()
	old := t.TempDir()
	if err := os.Mkdir(filepath.Join(old, ".packer.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		env  map[string]string
		want string // of the folder, or in the error
	}{
		{"by default", map[string]string{"HOME": home}, home + "/.config/packer/plugins"},
		{"XDG", map[string]string{"HOME": home, "XDG_CONFIG_HOME": "/xdg"}, "/xdg/packer/plugins"},
		{"an old folder", map[string]string{"HOME": old, "XDG_CONFIG_HOME": "/xdg"}, old + "/.packer.d/plugins"},
		{"PACKER_CONFIG_DIR", map[string]string{"HOME": old, "PACKER_CONFIG_DIR": "/cfg"}, "/cfg/.packer.d/plugins"},
		{"PACKER_PLUGIN_PATH", map[string]string{"HOME": old, "PACKER_CONFIG_DIR": "/cfg", "PACKER_PLUGIN_PATH": "/p"}, "/p"},
		{"a list", map[string]string{"PACKER_PLUGIN_PATH": "/a:/b"}, "names one folder"},
		{"nothing", nil, "HOME is not set"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Folder(func(name string) string { return tt.env[name] })
			if got != tt.want && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestParseSource(t *testing.T) {
	for _, tt := range []struct{ in, want string }{ // want: the address again, or what is in the error
		{"github.com/hashicorp/azure", "github.com/hashicorp/azure"},
		{"localhost:8443/a/b/c-d", "localhost:8443/a/b/c-d"},
		{"hashicorp/azure", "it is a host, a namespace and a name"},
		{"https://github.com/hashicorp/azure", `leave out "https://": github.com/hashicorp/azure`},
		{"github.com/hashicorp/packer-plugin-azure", `without "packer-plugin-": github.com/hashicorp/azure`},
		{"github.com/hashicorp/packer-azure", `without "packer-": github.com/hashicorp/azure`},
		{"github.com/hashicorp/Azure", `"Azure" is no name of a plugin`},
		{"github.com/hashicorp/a--b", `"a--b" is no name of a plugin`},
		{"github.com//azure", `"" cannot be an element of it`},
		{"github.com/../azure", `".." cannot be an element of it`},
		{"github.com/./azure", `"." cannot be an element of it`},
		{"/etc/passwd/x", `"" cannot be an element of it`},
		{"github.com/a\\b/azure", `cannot be an element of it`},
		{"github.com/a\x00/azure", `cannot be an element of it`},
		{"github.com/hashicorp/azure?x=y", `"azure?x=y" cannot be an element of it`},
		{"github.com/" + strings.Repeat("a/", 20) + "azure", "it has 22 elements, and may have 16"},
	} {
		got, err := ParseSource(tt.in)
		if err == nil && got.String() != tt.want || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, %v; want %s", tt.in, got, err, tt.want)
		}
	}
}

// allSorts makes a folder with one file for every reason not to run a plugin, and a few good ones, of source.
func allSorts(t *testing.T, source string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	ran := filepath.Join(t.TempDir(), "ran")
	good := func(version string) string { return script(version, "x5.0", ran) }
	place(t, folder, source, file("cloud", "1.0.0"), good("1.0.0"))
	place(t, folder, source, file("cloud", "1.10.0"), good("1.10.0"))
	place(t, folder, source, file("cloud", "1.9.0"), good("1.9.0"))
	place(t, folder, source, file("cloud", "1.10.0-dev"), good("1.10.0-dev"))
	place(t, folder, source, "notes.txt", "nothing")

	bad := "example.com/bad/thing"
	place(t, folder, bad, "packer-plugin-thing", good("1.0.0"))
	place(t, folder, bad, "packer-plugin-thing_v1.0.0_x5.0_plan9_mips", good("1.0.0"))
	place(t, folder, bad, file("thing", "1.0"), good("1.0.0"))
	place(t, folder, bad, file("thing", "banana"), good("1.0.0"))
	place(t, folder, bad, file("thing", "1.0.1+build7"), good("1.0.1+build7"))
	place(t, folder, bad, strings.Replace(file("thing", "1.1.0"), "x5.0", "x6.0", 1), script("1.1.0", "x6.0", ran))
	place(t, folder, bad, strings.Replace(file("thing", "1.2.0"), "x5.0", "x5.1", 1), script("1.2.0", "x5.1", ran))
	place(t, folder, bad, strings.Replace(file("thing", "1.3.0"), "x5.0", "x4.0", 1), script("1.3.0", "x5.0", ran))
	place(t, folder, bad, file("thing", "1.4.0"), good("1.4.1"))
	place(t, folder, bad, file("thing", "1.5.0"), "#!/bin/sh\nexit 3\n")
	place(t, folder, bad, file("thing", "1.6.0"), script("1.6.0", "x5.1", ran))
	write(t, place(t, folder, bad, file("thing", "1.7.0"), good("1.7.0")), "#!/bin/sh\ntouch "+folder+"/evil\n")
	if err := os.Remove(place(t, folder, bad, file("thing", "1.8.0"), good("1.8.0")) + sumSuffix); err != nil {
		t.Fatal(err)
	}
	write(t, place(t, folder, bad, file("thing", "1.9.0"), good("1.9.0"))+sumSuffix, "deadbeef")
	if err := os.Chmod(place(t, folder, bad, file("thing", "1.9.1"), good("1.9.1")), 0o644); err != nil {
		t.Fatal(err)
	}
	place(t, folder, "", file("root", "1.0.0"), good("1.0.0"))
	place(t, folder, "deep/"+strings.Repeat("d/", 16)+"deep", file("deep", "1.0.0"), good("1.0.0"))
	return folder
}

func TestList(t *testing.T) {
	const source = "github.com/acme/cloud"
	folder := allSorts(t, source)
	list, err := List(t.Context(), newHost(t), folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, in := range list {
		reason := in.Refused
		if reason == "" {
			reason = "builders " + strings.Join(in.Description.Builders, " ")
		}
		reason, _, _ = strings.Cut(reason, "\n")
		got = append(got, fmt.Sprintf("%s %s: %s, %s", in.Name, in.Version, in.Checksum, reason))
	}
	want := []string{
		" : unchecked, its name is not packer-plugin-NAME_vVERSION_xAPI_OS_ARCH",
		"cloud 1.0.0: ok, builders arm",
		"cloud 1.10.0-dev: ok, builders arm",
		"cloud 1.10.0: ok, builders arm",
		"cloud 1.9.0: ok, builders arm",
		"deep 1.0.0: unchecked, it lies deeper than 16 folders",
		"root 1.0.0: unchecked, it lies in the plugin folder itself, and not in a folder of its source",
		`thing 1.0.1+build7: unchecked, its version has build metadata: "build7"`,
		"thing 1.0.0: unchecked, it is for plan9_mips, and this is " + thisSystem,
		`thing 1.0: unchecked, its version is written "1.0", and not "1.0.0"`,
		"thing 1.1.0: unchecked, it speaks version x6.0 of the plugin API, and this program x5.0",
		"thing 1.2.0: unchecked, it speaks version x5.1 of the plugin API, and this program x5.0",
		"thing 1.3.0: unchecked, it speaks version x4.0 of the plugin API, and this program x5.0",
		`thing 1.4.0: ok, it says that its version is "1.4.1", and its name says "1.4.0"`,
		`thing 1.5.0: ok, plugin "thing" exited with 3 when it was asked to describe itself`,
		`thing 1.6.0: ok, it says that it speaks version "x5.1" of the plugin API, and its name says "x5.0"`,
		"thing 1.7.0: wrong, it is not the file that was installed: its SHA-256 sum is",
		"thing 1.8.0: missing, it has no checksum file " + file("thing", "1.8.0") + "_SHA256SUM",
		"thing 1.9.0: bad, its checksum file holds no SHA-256 sum of 64 hexadecimal digits",
		`thing 1.9.1: ok, plugin "thing": fork/exec`,
		`thing banana: unchecked, "banana" is no version`,
	}
	compareSorted(t, got, want)
	if _, err := os.Stat(folder + "/evil"); err == nil {
		t.Error("a program with a wrong checksum was run")
	}
	if order := versions(list, source); order != "1.10.0 1.10.0-dev 1.9.0 1.0.0" {
		t.Errorf("versions in the order %s", order)
	}
	if list, err := List(t.Context(), newHost(t), filepath.Join(folder, "none")); err != nil || len(list) > 0 {
		t.Errorf("a folder that is not there: %v, %v", list, err)
	}
}

// versions gives the versions of a source in the order of the list.
func versions(list []Installed, source string) string {
	var all []string
	for _, in := range list {
		if in.Source == source {
			all = append(all, in.Version)
		}
	}
	return strings.Join(all, " ")
}

// compareSorted compares lines in any order; a wanted one may be the beginning only.
func compareSorted(t *testing.T, got, want []string) {
	t.Helper()
	left := map[string]bool{}
	for _, w := range want {
		left[w] = true
	}
	for _, g := range got {
		found := ""
		for w := range left {
			if strings.HasPrefix(g, w) && len(w) > len(found) {
				found = w
			}
		}
		if found == "" {
			t.Errorf("unexpected: %s", g)
		}
		delete(left, found)
	}
	for w := range left {
		t.Errorf("missing: %s", w)
	}
}

func TestChoose(t *testing.T) {
	folder := t.TempDir()
	ran := filepath.Join(t.TempDir(), "ran")
	const azure, other = "github.com/hashicorp/azure", "example.com/fork/azure"
	for _, v := range []string{"1.4.5", "2.5.0", "2.6.3", "2.10.0-dev", "3.0.0"} {
		place(t, folder, azure, file("azure", v), script(v, "x5.0", ran))
	}
	write(t, place(t, folder, azure, file("azure", "2.9.0"), script("2.9.0", "x5.0", ran)), "changed")
	place(t, folder, other, file("azure", "9.0.0"), script("9.0.0", "x5.0", ran))
	place(t, folder, "github.com/rgl/update", file("update", "0.16.0"), script("0.16.0", "x5.0", ran))
	place(t, folder, "github.com/broken/broken", file("broken", "1.0.0"), "#!/bin/sh\nexit 1\n")

	for _, tt := range []struct {
		name   string
		wanted []Requirement
		want   string // names and versions, or in the error
		runs   int    // of programs, at most
	}{
		{"a range", []Requirement{{"azure", azure, "~> 2.5"}}, "azure 2.10.0-dev, update 0.16.0", 2},
		{"a range past a file that was changed", []Requirement{{"azure", azure, "~> 2.5, < 2.10"}}, "azure 2.6.3, update 0.16.0", 2},
		{"a pre-release for its release", []Requirement{{"azure", azure, ">= 2.10.0, < 3"}}, "azure 2.10.0-dev, update 0.16.0", 2},
		{"an exact version", []Requirement{{"azure", azure, "1.4.5"}}, "azure 1.4.5, update 0.16.0", 2},
		{"no version", []Requirement{{"azure", azure, ""}}, "azure 3.0.0, update 0.16.0", 2},
		{"another name", []Requirement{{"az", azure, "~> 2.5"}}, "az 2.10.0-dev, azure 9.0.0, update 0.16.0", 3},
		{"nothing", nil, "azure 9.0.0, update 0.16.0", 2},
		{"none of that version", []Requirement{{"azure", azure, ">= 4"}},
			`plugin "azure" is not installed: github.com/hashicorp/azure >= 4` + "\n  why:  what is in " + folder + " does not do:\n" +
				"        azure 3.0.0: another version is required\n", 0},
		{"only one that was changed", []Requirement{{"azure", azure, "2.9.0"}}, "azure 2.9.0: it is not the file that was installed", 0},
		{"none of that source", []Requirement{{"foo", "github.com/x/foo", "1"}},
			`plugin "foo" is not installed: github.com/x/foo 1` + "\n  why:  there is none in " + folder +
				"\n  fix:  ingot plugins install github.com/x/foo '1'", 0},
		{"no constraint", []Requirement{{"azure", azure, "about 2"}}, `plugin "azure": version "about 2" is neither a version nor a range of versions`, 0},
		{"asked for and broken", []Requirement{{"broken", "github.com/broken/broken", ""}},
			`broken 1.0.0: plugin "broken" exited with 1 when it was asked to describe itself`, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			os.Remove(ran)
			chosen, err := Choose(t.Context(), newHost(t), folder, tt.wanted)
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got  %v\nwant %s", err, tt.want)
				}
				return
			}
			var got []string
			for _, p := range chosen {
				got = append(got, p.Name+" "+p.Version)
			}
			if got := strings.Join(got, ", "); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			data, _ := os.ReadFile(ran)
			if runs := strings.Count(string(data), "ran"); runs != tt.runs {
				t.Errorf("%d programs were run, want %d", runs, tt.runs)
			}
		})
	}
}
