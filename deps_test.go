// Package ingot_test keeps the rules that no single package can keep: who may import whom, what may be linked, who prints.
package ingot_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/ingot-build/ingot/"

// layer says which packages of Ingot's own the packages of a pattern may import. "x/..." is x and all below it.
type layer struct {
	who  []string
	may  []string
	pure bool // no operating system, network or randomness either: the same bytes in give the same values out
}

// layers is the table of docs/architecture.md. The first line that matches a package counts.
var layers = []layer{
	{who: []string{"translate/diag"}, pure: true},
	{who: []string{"translate/plan"}, may: []string{"translate/diag"}, pure: true},
	{who: []string{"translate/emit"}, may: []string{"translate/plan", "translate/diag", "translate/emit/configspec"}, pure: true}, // emit never sees the template
	{who: []string{"translate/..."}, may: []string{"translate/..."}, pure: true},
	{who: []string{"engine/events", "engine/steps", "engine/runcmd", "engine/diskspace", "engine/azureid", "engine/guest", "engine/seal"}},
	{who: []string{"engine/store"}, may: []string{"engine/events", "translate/diag"}},
	{who: []string{"engine/ledger"}, may: []string{"engine/store", "engine/runcmd"}},
	{who: []string{"engine/packercore/hcl2"}, may: []string{"translate/diag", "translate/hcltext"}},
	{who: []string{"engine/packercore/detach"}},                                                                                                  // it knows communicators, and nothing of the engine
	{who: []string{"engine/packercore"}, may: []string{"engine/packercore/hcl2", "engine/packercore/detach", "engine/events", "translate/diag"}}, // it is handed the plugins
	{who: []string{"engine/pluginhost"}, may: []string{"engine/events"}},
	{who: []string{"engine/plugindir"}, may: []string{"engine/pluginhost", "engine/events"}},
	{who: []string{"engine/azurearm"}, may: []string{"engine/azureid", "engine/events"}},
	{who: []string{"engine/service"}, may: []string{"engine/...", "translate/..."}},
	{who: []string{"engine/build"}, may: []string{"engine/...", "translate/..."}},
	{who: []string{"engine/target/azure/azuresim"}, may: []string{"translate/deployment", "translate/armjson", "engine/vhd"}},                       // it evaluates deployments; what disks are read as
	{who: []string{"engine/target/azure/gateway"}, may: []string{"engine/azurearm", "translate/deployment", "translate/armjson", "translate/diag"}}, // as does this
	{who: []string{"engine/fidelity/kernelbound"}, may: []string{"translate/plan", "translate/diag", "translate/script", "translate/check/shell"}},  // shell scripts are parsed in one place
	{who: []string{"engine/..."}, may: []string{"engine/...", "translate/plan", "translate/diag"}},
	{who: []string{"plugins/all"}, may: []string{"plugins/..."}},
	{who: []string{"plugins/..."}, may: []string{"plugins/...", "translate/plan"}},
	{who: []string{"cmd/internal/bench/..."}, may: []string{
		"engine/...", "translate/...", "internal/testtools", "plugins/provtest/...", "cmd/internal/proof/...",
		"cmd/internal/bench/procmem", "cmd/internal/bench/rig", "plugins/qemu/accel"}},
	{who: []string{"cmd/internal/proof/..."}, may: []string{"engine/target/azure/azuresim/...", "internal/testtools", "cmd/internal/proof/..."}},
	{who: []string{"cmd/..."}, may: []string{"cmd/...", "engine/...", "plugins/...", "translate/..."}},
	{who: []string{"examples/..."}},
	{who: []string{"internal/testtools/windowsupdate"}, may: []string{"plugins/windowsupdate"}},
	{who: []string{"internal/testtools/stock"}, may: []string{"plugins/stock"}},
	{who: []string{"internal/testtools/keptrun"}, may: []string{"engine/layers", "engine/seal", "engine/store", "translate/plan"}},
	{who: []string{"internal/testtools/guestdisk", "internal/testtools/tinyguest", "internal/testtools/tinyguest/sudo"}},
	{who: []string{"internal/testtools"}}, // for tests and benches; nothing of it is in a program
}

// only says who alone may import a package of Ingot's own.
var only = map[string][]string{
	"engine/service":       {"cmd/...", "engine/rest"},
	"engine/build":         {"engine/service"},
	"engine/packercore":    {"engine/build", "engine/service", "cmd/internal/wire"},
	"engine/pluginhost":    {"engine/plugindir", "cmd/internal/wire"},
	"plugins/all":          {"cmd/internal/wire", "cmd/packer-plugin-ingot"},
	"engine/target/qemu":   {"cmd/internal/wire"},
	"engine/target/nspawn": {"cmd/internal/wire"},
	"cmd/internal/wire":    {"cmd/internal/cli", "cmd/internal/accept"},
}

// families are folders whose members do not import each other: a registry's entries are alike and apart.
var families = []string{"plugins/", "engine/target/", "engine/distribute/"}

// commons are no members of the family that their folder is in, but what members have in common: they import none themselves.
// plugins/machine is what the builders of VMs and of containers are made of; how a container is run is a folder of plugins/nspawn, since
// no other builder has one.
var commons = []string{"engine/target/here", "plugins/machine/...", "plugins/wsman"}

// azureSDK are the packages that may know the SDK for Azure; all others are handed what they need of it.
var azureSDK = []string{"engine/azureid", "engine/azurearm", "engine/preflight", "engine/target/azure/...", "engine/distribute/azure",
	"cmd/internal/accept"}

// modules lists every module that Ingot imports itself: who may, and why it is there. A new one gets a line here.
var modules = map[string]struct {
	who []string
	why string
}{
	"github.com/hashicorp/hcl/v2":            {[]string{"translate/emit", "translate/fromhcl", "translate/hcltext", "engine/packercore/...", "engine/pluginhost", "plugins/...", "cmd/internal/config", "cmd/internal/bench/validate"}, "Packer templates are HCL, and so is ingot.hcl"},
	"github.com/zclconf/go-cty":              {[]string{"translate/emit", "translate/fromhcl", "engine/packercore/...", "engine/pluginhost", "plugins/...", "cmd/internal/bench/validate"}, "the values of HCL"},
	"github.com/agext/levenshtein":           {[]string{"translate/diag", "translate/check", "engine/baseimage/catalog"}, "near names"},
	"github.com/hashicorp/packer-plugin-sdk": {[]string{"engine/packercore", "engine/packercore/detach", "engine/pluginhost", "engine/plugindir", "plugins/...", "cmd/packer-plugin-ingot", "internal/testtools/windowsupdate", "internal/testtools/stock"}, "what a Packer component is"},
	"github.com/hashicorp/packer":            {[]string{"plugins/shell", "plugins/file", "plugins/powershell", "plugins/windowsrestart", "plugins/stock", "plugins/windowsupdate"}, "Packer's own components; pinned to the last MPL version"},
	"github.com/hashicorp/go-version":        {[]string{"engine/packercore/...", "engine/plugindir"}, "required_version; the versions of plugins"},
	"github.com/hashicorp/go-cty-funcs":      {[]string{"engine/packercore/hcl2"}, "functions of Packer's language"},
	"github.com/zclconf/go-cty-yaml":         {[]string{"engine/packercore/hcl2"}, "yamlencode, yamldecode"},
	"github.com/jehiah/go-strftime":          {[]string{"engine/packercore/hcl2"}, "legacy_strftime"},
	"github.com/gobwas/glob":                 {[]string{"engine/packercore"}, "--only and --except, as Packer matches them"},
	"github.com/ProtonMail/go-crypto":        {[]string{"engine/plugindir"}, "OpenPGP signatures of releases"},
	"modernc.org/sqlite":                     {[]string{"engine/store"}, "runs and ledger, without cgo"},
	"github.com/gofrs/flock":                 {[]string{"engine/...", "internal/testtools", "internal/testtools/tinyguest"}, "locks that end with their process"},
	"github.com/cespare/xxhash/v2":           {[]string{"engine/layers"}, "checksums at the speed of memory"},
	"github.com/google/uuid":                 {[]string{"engine/...", "cmd/internal/cli"}, "ids of disks and versions; newGuid()"},
	"github.com/dustin/go-humanize":          {[]string{"engine/...", "cmd/..."}, "sizes for people"},
	"github.com/tailscale/hujson":            {[]string{"engine/baseimage/catalog"}, "catalog files are JSON with comments"},
	"github.com/masterzen/winrm":             {[]string{"plugins/wsman"}, "the WinRM client of packer-plugin-sdk, whose replies are checked"},
	"github.com/digitalocean/go-qemu":        {[]string{"plugins/machine", "plugins/qemu", "plugins/nspawn/container"}, "QMP"},
	"github.com/diskfs/go-diskfs":            {[]string{"plugins/machine/seed", "plugins/nspawn/container", "engine/diskdiff", "internal/testtools/guestdisk"}, "the NoCloud seed disk; partition tables; the file systems of disks that are compared"},
	"github.com/lima-vm/go-qcow2reader":      {[]string{"engine/diskdiff"}, "qcow2 disks that are compared, with what they are backed by"},
	"github.com/google/go-cmp":               {[]string{"plugins/provtest", "engine/target/targettest"}, "differences in test suites"},
	"golang.org/x/crypto":                    {[]string{"plugins/provtest/...", "cmd/internal/bench/customizers", "cmd/internal/sshto", "engine/target/azure/azuresim/lightguest"}, "MD4, which NTLM is made of; SSH, to time it, to serve it, and for --on-error shell"},
	"golang.org/x/sys":                       {[]string{"engine/...", "plugins/qemu/...", "plugins/nspawn/...", "cmd/internal/bench/...", "cmd/internal/proof/apart"}, "ioctls, mounts, holes in files, links"},
	"golang.org/x/sync":                      {[]string{"engine/...", "cmd/internal/..."}, "groups of goroutines"},
	"golang.org/x/term":                      {[]string{"cmd/..."}, "is this a terminal, and how wide"},
	"mvdan.cc/sh/v3":                         {[]string{"translate/check/shell", "engine/target/azure/azuresim/lightguest"}, "shell scripts, parsed as the shell parses them; a shell that runs nothing of the host"},
	"golang.org/x/text":                      {[]string{"translate/deployment/armexpr", "translate/lower", "engine/packercore/hcl2"}, "the order of texts, letters before case; Unicode's form NFC, which HCL puts texts into; character sets by name"},
	"golang.org/x/time":                      {[]string{"engine/azurearm"}, "a rate of requests"},
	"github.com/charmbracelet/x/ansi":        {[]string{"cmd/internal/view", "cmd/internal/debug"}, "text width, escapes"},
	"github.com/aymanbagabas/go-udiff":       {[]string{"cmd/internal/cli", "cmd/internal/lsp", "engine/diskdiff"}, "what --diff shows; the edits of source.fixAll; texts on two disks"},
	"charm.land/bubbletea/v2":                {[]string{"cmd/internal/debug"}, "a whole screen: keys, windows that change their size"},
	"github.com/muesli/cancelreader":         {[]string{"cmd/internal/debug"}, "a keyboard whose reading can be called off"},
	"github.com/pkg/sftp":                    {[]string{"cmd/internal/sshto"}, "files to and from a build VM"},
	"github.com/bmatcuk/doublestar/v4":       {[]string{"cmd/internal/gather", "cmd/internal/config"}, "patterns with **"},
	"github.com/creachadair/jrpc2":           {[]string{"cmd/internal/lsp"}, "what an editor and ingot lsp speak; go.lsp.dev/protocol is of 2022 and does not fit its own jsonrpc2 of 2026"},
	"github.com/google/go-dap":               {[]string{"cmd/internal/dap"}, "what an editor and ingot dap speak"},
	"github.com/fsnotify/fsnotify":           {[]string{"cmd/internal/watch"}, "commands that do their work again when a file changes"},
	"github.com/rogpeppe/go-internal":        {[]string{"cmd/internal/codes"}, "pages of rules are txtar archives"},
	"github.com/spf13/cobra":                 {[]string{"cmd/internal/cli"}, "commands and flags"},
	"github.com/spf13/pflag":                 {[]string{"cmd/internal/cli"}, "flags; comes with cobra"},
	"github.com/creack/pty":                  {[]string{"cmd/..."}, "a terminal in tests"},
	"github.com/adrg/xdg":                    {[]string{"cmd/..."}, "the user's folders"},

	// The SDK for Azure stays behind a fence: a build on this machine does without it, but for the identity that reads a blob.
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity":                             {azureSDK, "who this machine is in Azure; a script is read by plain HTTP with a bearer token, so azblob is not needed for that"},
	"github.com/Azure/azure-sdk-for-go/sdk/azcore":                                 {azureSDK, "what azidentity's credentials and options are made of"},
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7":  {azureSDK, "snapshots, images and gallery versions"},
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage":     {azureSDK, "the storage account of a VHD that has no place of its own"},
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob":                         {azureSDK, "copies of VHDs, from blob to blob"},
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources": {azureSDK, "resource groups, and resources of any type by their id"},
}

// impure are the parts of the standard library that a pure package must not import.
var impure = []string{"os/...", "net/...", "math/rand/...", "crypto/rand", "syscall", "io/ioutil", "log/...", "database/...", "plugin"}

// pureNet are exceptions: they only take text apart.
var pureNet = []string{"net/url", "net/netip"}

// listed is what these tests need of a package.
type listed struct {
	ImportPath string
	Dir        string
	Standard   bool
	Imports    []string
	GoFiles    []string
	Module     *struct {
		Path, Version, Dir string
		Main               bool
		Replace            *struct{ Path, Version, Dir string }
	}
}

// list gives the packages that match the patterns and all they import, by import path, without tests.
func list(t *testing.T, patterns ...string) map[string]listed {
	t.Helper()
	noteSources(t)
	fields := "-json=ImportPath,Dir,Standard,Imports,GoFiles,Module"
	cmd := exec.Command("go", append([]string{"list", "-deps", fields}, patterns...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, stderr.Bytes())
	}
	all := map[string]listed{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
}

// noteSources reads every source file. The go command runs a test again only if a file changed that the test itself opened, and
// what "go list" opens is not known to it.
func noteSources(t *testing.T) {
	t.Helper()
	for _, root := range []string{"cmd", "engine", "examples", "internal", "plugins", "translate", "go.mod"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" && path != "go.mod" {
				return err
			}
			_, err = os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil // somebody's editor is at work
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// matches reports whether a package is covered by one of the patterns.
func matches(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		tree, isTree := strings.CutSuffix(p, "/...")
		return p == pkg || isTree && (pkg == tree || strings.HasPrefix(pkg, tree+"/"))
	})
}

// member gives the family that a package is in and its name there: "plugins/" and "qemu" for plugins/qemu/seed.
func member(pkg string) (family, name string) {
	for _, f := range families {
		if rest, ok := strings.CutPrefix(pkg, f); ok {
			name, _, _ = strings.Cut(rest, "/")
			return f, name
		}
	}
	return "", ""
}

// checkImport says what is wrong with one package importing another, or "".
func checkImport(from, to string, imported listed) string {
	i := slices.IndexFunc(layers, func(l layer) bool { return matches(l.who, from) })
	if i < 0 {
		return "no line of the table in deps_test.go covers it"
	}
	l := layers[i]
	switch {
	case imported.Standard:
		if l.pure && matches(impure, to) && !matches(pureNet, to) {
			return "it is pure: bytes in, values out"
		}
	case strings.HasPrefix(to, module):
		to = strings.TrimPrefix(to, module)
		if !matches(l.may, to) {
			return fmt.Sprintf("of Ingot's own packages it may import only %q", l.may)
		}
		if who, fenced := only[to]; fenced && !matches(who, from) {
			return fmt.Sprintf("only %q may", who)
		}
		family, name := member(from)
		if f, n := member(to); f != "" && f == family && n != name && from != "plugins/all" && !matches(commons, to) {
			return "siblings do not know each other"
		}
	default:
		m, known := modules[imported.Module.Path]
		if !known {
			return "module " + imported.Module.Path + " is not in the table of modules: add a line that says who may use it and why"
		}
		if !matches(m.who, from) {
			return fmt.Sprintf("only %q may, for %s", m.who, m.why)
		}
	}
	return ""
}

func TestImports(t *testing.T) {
	all := list(t, "./...")
	n := 0
	for path, p := range all {
		from, ours := strings.CutPrefix(path, module)
		if !ours {
			continue
		}
		n++
		for _, to := range p.Imports {
			if to == "C" {
				t.Errorf("%s uses cgo: Ingot is one static program", from)
				continue
			}
			if wrong := checkImport(from, to, all[to]); wrong != "" {
				t.Errorf("%s imports %s: %s", from, to, wrong)
			}
		}
	}
	if n < 20 {
		t.Errorf("looked at %d packages only", n)
	}
}

// TestImportRulesBite makes sure that the tables refuse what they are for.
func TestImportRulesBite(t *testing.T) {
	std := listed{Standard: true}
	ours := listed{}
	from := func(path string) listed {
		var p listed
		if err := json.Unmarshal([]byte(`{"Module": {"Path": "`+path+`"}}`), &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, tt := range []struct {
		from, to string
		imported listed
		allowed  bool
	}{
		{"translate/lower", "strings", std, true},
		{"translate/lower", "net/url", std, true},
		{"translate/lower", "os", std, false},
		{"translate/lower", "net/http", std, false},
		{"translate/lower", module + "translate/plan", ours, true},
		{"translate/lower", module + "engine/events", ours, false},
		{"translate/emit", module + "translate/template", ours, false},
		{"translate/check", "github.com/hashicorp/packer-plugin-sdk/packer", from("github.com/hashicorp/packer-plugin-sdk"), false},
		{"engine/resolve", module + "translate/plan", ours, true},
		{"engine/resolve", module + "translate/lower", ours, false},
		{"engine/resolve", module + "engine/service", ours, false},
		{"engine/service", module + "translate/lower", ours, true},
		{"engine/service", module + "cmd/internal/view", ours, false},
		{"engine/vhd", module + "plugins/qemu", ours, false},
		{"engine/target/qemu", module + "engine/target/azure", ours, false},
		{"engine/target/nspawn", module + "engine/target/here", ours, true},
		{"engine/target/here", module + "engine/target/qemu", ours, false},
		{"plugins/qemu", module + "engine/events", ours, false},
		{"plugins/qemu", module + "plugins/qemu/accel", ours, true},
		{"plugins/qemu", module + "plugins/machine/seed", ours, true},
		{"plugins/machine", module + "plugins/qemu", ours, false},
		{"plugins/qemu", module + "plugins/shell", ours, false},
		{"plugins/all", module + "plugins/shell", ours, true},
		{"plugins/shell", "github.com/hashicorp/packer/provisioner/shell", from("github.com/hashicorp/packer"), true},
		{"engine/packercore", "github.com/hashicorp/packer/packer", from("github.com/hashicorp/packer"), false},
		{"engine/vhd", "example.com/new", from("example.com/new"), false},
		{"tools/x", "strings", std, false},
	} {
		t.Run(tt.from+" imports "+tt.to, func(t *testing.T) {
			if wrong := checkImport(tt.from, tt.to, tt.imported); (wrong == "") != tt.allowed {
				t.Errorf("answer %q, want allowed: %v", wrong, tt.allowed)
			}
		})
	}
}
