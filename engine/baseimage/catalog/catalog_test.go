package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBuiltin(t *testing.T) {
	c := Builtin()
	for _, im := range c.Images() {
		if im.Download == nil {
			t.Errorf("%s cannot be downloaded", im.Name)
			continue
		}
		for _, u := range []string{im.Download.URL, im.Download.Checksums} {
			if !strings.HasPrefix(u, "https://") || strings.ContainsAny(u, "{}") {
				t.Errorf("%s: %q is no finished https URL", im.Name, u)
			}
		}
	}
}

func TestMatch(t *testing.T) {
	tests := map[string]struct{ urn, want string }{
		"debian gen1":            {"Debian:debian-12:12:latest", "debian-12"},
		"debian gen2":            {"Debian:debian-12:12-gen2:latest", "debian-12"},
		"case does not matter":   {"canonical:UBUNTUSERVER:18.04-lts:latest", "ubuntu-18.04"},
		"jammy, old offer":       {"Canonical:0001-com-ubuntu-server-jammy:22_04-lts-gen2:22.04.202301050", "ubuntu-22.04"},
		"noble":                  {"Canonical:ubuntu-24_04-lts:server:latest", "ubuntu-24.04"},
		"alma":                   {"almalinux:almalinux-x86_64:9-gen2:latest", "almalinux-9"},
		"rocky":                  {"resf:rockylinux-x86_64:9-base:latest", "rocky-9"},
		"rocky on LVM":           {"resf:rockylinux-x86_64:9-lvm:latest", "rocky-9-lvm"},
		"leap":                   {"SUSE:opensuse-leap-15-6:gen2:latest", "opensuse-leap-15.6"},
		"another architecture":   {"Canonical:0001-com-ubuntu-server-jammy:22_04-lts-arm64:latest", ""},
		"another publisher":      {"MicrosoftWindowsServer:WindowsServer:2019-Datacenter:latest", ""},
		"a sku of nobody's make": {"Debian:debian-12:12-gen3:latest", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			im, ok := Builtin().Match(urn(tt.urn))
			if im.Name != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q, %v; want %q", im.Name, ok, tt.want)
			}
		})
	}
}

func urn(s string) URN {
	p := strings.Split(s, ":")
	return URN{p[0], p[1], p[2], p[3]}
}

func TestNear(t *testing.T) {
	c := Builtin()
	got := c.Near(urn("Canonical:0001-com-ubuntu-server-jammy:22_04-lts-gen9:latest"), 2)
	want := []string{
		"Canonical:0001-com-ubuntu-server-jammy:22_04-lts-gen2", "Canonical:0001-com-ubuntu-server-jammy:22_04-lts",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := c.Near(urn("x:y:z:latest"), 5); len(got) > 0 {
		t.Errorf("nothing is near x:y:z, got %q", got)
	}
}

func TestUserFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalog.json")
	text := `{
		// a mirror nearby
		"sources": {"debian": {"url": "http://mirror.lan/{codename}-{release}.qcow2", "checksums": "http://mirror.lan/SUMS"}},
		"images": [
			{"name": "debian-11", "urns": ["Debian:debian-10:*"], "url": "http://mirror.lan/own.qcow2",
			 "sha256": "` + strings.Repeat("a", 64) + `"},
			{"name": "pinned", "urns": ["Debian:debian-12:12:0.20240101.1"]}, // only by ingot image add
		],
	}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ urn, name, url string }{
		"a source moved to a mirror":     {"Debian:debian-12:12:latest", "debian-12", "http://mirror.lan/bookworm-12.qcow2"},
		"an image replaced":              {"Debian:debian-10:10-gen2:latest", "debian-11", "http://mirror.lan/own.qcow2"},
		"its old URNs are gone":          {"Debian:debian-11:11:latest", "", ""},
		"a version goes first":           {"Debian:debian-12:12:0.20240101.1", "pinned", ""},
		"the rest of the catalog stands": {"resf:rockylinux-x86_64:8-base:latest", "rocky-8", Builtin().mustURL("rocky-8")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			im, _ := c.Match(urn(tt.urn))
			url := ""
			if im.Download != nil {
				url = im.Download.URL
			}
			if im.Name != tt.name || url != tt.url {
				t.Errorf("got %q from %q, want %q from %q", im.Name, url, tt.name, tt.url)
			}
		})
	}
}

func (c *Catalog) mustURL(name string) string {
	im, _ := c.Get(name)
	return im.Download.URL
}

func TestNoUserFile(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "none.json")} {
		c, err := Load(path)
		if err != nil || len(c.Images()) != len(Builtin().Images()) {
			t.Errorf("Load(%q): %v", path, err)
		}
	}
}

func TestFaults(t *testing.T) {
	sum := `"sha256": "` + strings.Repeat("0", 64) + `"`
	tests := map[string]struct{ text, want string }{
		"not JSON":         {"{\n  \"images\": [x]\n}", "f:2:14: "},
		"empty":            {"", "f:1:1: "},
		"a list":           {"[]", "f:1:1: the catalog must be an object in braces, not a list"},
		"unknown key":      {`{"image": []}`, `f:1:2: the catalog has no "image"; did you mean "images"?`},
		"key twice":        {`{"images": [], "images": []}`, `f:1:16: "images" is here twice`},
		"images no list":   {`{"images": {}}`, `f:1:12: "images" must be a list in brackets, not an object`},
		"image no object":  {`{"images": [3]}`, `f:1:13: an image must be an object in braces, not 3`},
		"no name":          {`{"images": [{}]}`, `f:1:13: an image without "name"`},
		"bad name":         {`{"images": [{"name": "../x"}]}`, `f:1:22: name "../x"`},
		"name no string":   {`{"images": [{"name": true}]}`, "f:1:22: want a string, not true"},
		"image twice":      {"{\"images\": [{\"name\": \"a\"},\n{\"name\": \"a\"}]}", `f:2:10: image "a" is here twice; first at line 1`},
		"bad URN":          {`{"images": [{"name": "é", "urns": ["a:b"]}]}`, `f:1:22: name "é"`},
		"short URN":        {`{"images": [{"name": "e", "urns": ["a:b"]}]}`, `f:1:36: "a:b" is no image name of Azure`},
		"empty URN part":   {`{"images": [{"name": "e", "urns": ["a::c"]}]}`, `f:1:36: "a::c" has an empty part`},
		"bad os":           {`{"images": [{"name": "e", "os": "beos"}]}`, `f:1:33: os "beos"`},
		"unknown source":   {`{"images": [{"name": "e", "source": "debain"}]}`, `f:1:37: no source "debain"; did you mean "debian"?`},
		"missing variable": {`{"images": [{"name": "e", "source": "ubuntu", "vars": {"release": "1"}}]}`, `f:1:22: image "e": {codename}`},
		"unverified":       {`{"images": [{"name": "e", "url": "http://h/x"}]}`, `f:1:34: neither "checksums" nor "sha256"`},
		"verified twice":   {`{"images": [{"name": "e", "url": "http://h/x", "checksums": "http://h/s", ` + sum + `}]}`, `f:1:85: both`},
		"bad sum":          {`{"images": [{"name": "e", "url": "http://h/x", "sha256": "12"}]}`, `f:1:58: "sha256" is not 64`},
		"no url":           {`{"sources": {"s": {` + sum + `}}}`, `f:1:19: no "url"`},
		"not the web":      {`{"images": [{"name": "e", "url": "file:///etc/passwd", ` + sum + `}]}`, `"file:///etc/passwd" is no http or https URL`},
		"two places":       {`{"images": [{"name": "e", "source": "debian", "url": "http://h/x", ` + sum + `}]}`, `f:1:37: both`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Builtin().extend("f", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := Builtin().extend("f", []byte(`{"sauces": {}, "images": [{"name": "A"}, {"os": "linux"}]}`))
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("want three faults, got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(builtin)
	f.Add([]byte(`{"images": [{"name": "a", "urns": ["*:b:c"], "vars": {"x": "y"}, "source": "debian"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Builtin().extend("f", text)
		if (c == nil) == (err == nil) {
			t.Fatalf("catalog %v with error %v", c, err)
		}
	})
}

func TestParseChecksums(t *testing.T) {
	a, b, long := strings.Repeat("a", 64), strings.Repeat("b", 64), strings.Repeat("c", 128)
	tests := map[string]struct {
		list string
		want Checksum
		err  string
	}{
		"GNU":            {a + "  other\n" + b + "  x.img\n", Checksum{"sha256", b}, ""},
		"GNU, binary":    {b + " *x.img\n", Checksum{"sha256", b}, ""},
		"with a folder":  {b + "  ./images/x.img\n", Checksum{"sha256", b}, ""},
		"SHA-512":        {long + "  x.img\n", Checksum{"sha512", long}, ""},
		"both, stronger": {a + "  x.img\n" + long + "  x.img\n", Checksum{"sha512", long}, ""},
		"BSD in a signature": {"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# x.img: 5 bytes\nSHA256 (x.img) = " + b +
			"\n-----BEGIN PGP SIGNATURE-----\n", Checksum{"sha256", b}, ""},
		"bare":            {strings.ToUpper(a) + "\n", Checksum{"sha256", a}, ""},
		"a longer name":   {a + "  x.img.xz\n", Checksum{}, `no checksum of "x.img", only of 1 other`},
		"a web page":      {"<html>sign in</html>", Checksum{}, "only of 0 other"},
		"empty":           {"", Checksum{}, "no checksum"},
		"contradictory":   {a + "  x.img\n" + b + "  x.img\n", Checksum{}, "two different checksums"},
		"bare among text": {"hello\n" + a + "\n", Checksum{}, "no checksum"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseChecksums(tt.list, "x.img")
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("got error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The example in the documentation is a catalog that works.
func TestDocumentedExample(t *testing.T) {
	page, err := os.ReadFile("../../../docs/images.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "```json\n")
	example, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("docs/images.md has no JSON example")
	}
	c, err := Builtin().extend("docs/images.md", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	for u, want := range map[string]string{
		"corp:linux:3.2:latest":       "https://images.example/linux-3.qcow2",
		"Debian:debian-12:12:latest":  "https://mirror.example/cloud/bookworm/debian-12-generic-amd64.qcow2",
		"corp:linux-hardened:x:1.0.0": "https://images.example/linux-3.qcow2",
	} {
		if im, ok := c.Match(urn(u)); !ok || im.Download.URL != want {
			t.Errorf("%s: got %+v, want %s", u, im.Download, want)
		}
	}
}
