package check

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

func TestMarketplaceSystem(t *testing.T) {
	for _, tc := range []struct {
		publisher, offer string
		want             system
	}{
		{"MicrosoftWindowsServer", "WindowsServer", windows},
		{"microsoftwindowsdesktop", "office-365", windows},
		{"MicrosoftWindowsServerHPCPack", "x", windows},
		{"Canonical", "0001-com-ubuntu-server-jammy", linux},
		{"RedHat", "RHEL", linux},
		{"resf", "rockylinux-x86_64", linux},
		{"MicrosoftSQLServer", "sql2022-ws2022", windows},
		{"MicrosoftSQLServer", "sql2019-ubuntu1804", linux},
		{"microsoft-dsvm", "dsvm-win-2019", windows},
		{"microsoft-dsvm", "ubuntu-hpc", linux},
		{"center-for-internet-security-inc", "cis-windows-server-2019-v1-0-0-l1", windows},
		{"Oracle", "Oracle-Linux", linux},
		{"example", "jdk-7-for-windows-and-linux", unknownSystem},
		{"example", "appliance", unknownSystem},
		{"canonicals", "appliance", unknownSystem},
	} {
		s := &template.PlatformImage{Publisher: known(tc.publisher), Offer: known(tc.offer)}
		if e, settled := sourceSystem(&template.ImageTemplate{Source: s}); e.system != tc.want || !settled {
			t.Errorf("%s %s: %v (settled: %v), want %v", tc.publisher, tc.offer, e.system, settled, tc.want)
		}
	}
}

func known(s string) template.String {
	here := diag.Range{File: "x", Start: diag.Pos{Line: 1, Column: 1}, End: diag.Pos{Line: 1, Column: 2, Byte: 1}}
	return template.String{Written: template.Written{Range: here}, Value: s}
}

// TestSystemOfCorpus compares what templates show with what people say of them. A template may show nothing, and
// nothing wrong.
func TestSystemOfCorpus(t *testing.T) {
	dir := filepath.FromSlash("../../../shared/corpus")
	index, err := os.Open(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		t.Skipf("no corpus of image templates in %s", dir)
	}
	defer index.Close()
	found := map[system]int{}
	lines := bufio.NewScanner(index)
	for lines.Scan() {
		columns := strings.Split(lines.Text(), "\t")
		if len(columns) < 7 || columns[6] != "linux" && columns[6] != "windows" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, columns[0]))
		if err != nil {
			t.Fatal(err)
		}
		root, _ := armjson.Parse(columns[0], data)
		loaded, _ := deployment.Load(root, deployment.Params{})
		for _, in := range loaded.ImageTemplates {
			tmpl, _ := template.Decode(in.Node)
			is := buildSystem(tmpl).system
			if found[is]++; is != unknownSystem && !strings.EqualFold(is.String(), columns[6]) {
				t.Errorf("%s: %v shows in the template, and it is %s", columns[0], is, columns[6])
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d Linux, %d Windows, %d do not show", found[linux], found[windows], found[unknownSystem])
}
