package script_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/script"
	"github.com/ingot-build/ingot/translate/template"
)

const source = `{"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "properties": {
  "customize": [
    {"type": "Shell", "inline": ["echo \"a\"", "multi\nline äx", "last"]},
    {"type": "File", "sourceUri": "https://x/f", "destination": "/tmp/f"},
    {"type": "PowerShell", "scriptUri": "https://x/s.ps1", "runElevated": true}
  ],
  "validate": {"inVMValidations": [{"type": "Shell", "inline": []}]}
}}`

func scripts(t *testing.T, read script.Read) []*script.Script {
	t.Helper()
	n, list := armjson.Parse("t.json", []byte(source))
	if list.HasErrors() {
		t.Fatal(list)
	}
	tmpl, _ := template.Decode(n)
	return script.Of(tmpl, map[string][]byte{"t.json": []byte(source)}, read)
}

func TestOf(t *testing.T) {
	all := scripts(t, func(uri, _ string) (string, []byte, bool) {
		return "s.ps1", []byte("one\r\nä two\n"), uri == "https://x/s.ps1"
	})
	var got []string
	for _, s := range all {
		got = append(got, s.Path+"|"+s.Text)
	}
	want := []string{
		"properties.customize[0].inline|echo \"a\"\nmulti\nline äx\nlast\n",
		"properties.customize[2].scriptUri|one\r\nä two\n",
		"properties.validate.inVMValidations[0].inline|",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("scripts (-want +got):\n%s", diff)
	}
	if s := all[1]; s.Language != script.PowerShell || s.Inline || !s.PowerShell.RunElevated.Value || s.File() != "s.ps1" {
		t.Errorf("%+v", s)
	}
	if s := all[2]; !s.Validator || s.Range(0, 0) != s.Place {
		t.Errorf("%+v", s)
	}
	if n := len(scripts(t, nil)); n != 2 {
		t.Errorf("%d scripts, without a reader", n)
	}
}

// Every byte of a script leads back to where it was written.
func TestRange(t *testing.T) {
	all := scripts(t, func(string, string) (string, []byte, bool) { return "s.ps1", []byte("one\r\nä two\n"), true })
	for _, tt := range []struct {
		script       int
		from, to     int
		want, source string
		command      string
	}{
		{0, 0, 4, "t.json:3:35", "echo", "properties.customize[0].inline[0]"},
		{0, 5, 8, "t.json:3:40", `\"a\"`, "properties.customize[0].inline[0]"},
		{0, 15, 19, "t.json:3:56", "line", "properties.customize[0].inline[1]"},
		{0, 22, 23, "t.json:3:62", "x", "properties.customize[0].inline[1]"},
		{0, 24, 99, "t.json:3:67", "last", "properties.customize[0].inline[2]"},
		{1, 0, 3, "s.ps1:1:1", "one", "properties.customize[2].scriptUri"},
		{1, 8, 11, "s.ps1:2:3", "two", "properties.customize[2].scriptUri"},
	} {
		s := all[tt.script]
		r := s.Range(tt.from, tt.to)
		text := source
		if !s.Inline {
			text = string(s.Source())
		}
		if got := text[r.Start.Byte:r.End.Byte]; r.String() != tt.want || got != tt.source || s.Command(tt.from) != tt.command {
			t.Errorf("%d %d-%d: %s %q %s", tt.script, tt.from, tt.to, r, got, s.Command(tt.from))
		}
	}
	if !all[0].Editable(0, 4) || all[0].Editable(5, 20) || all[1].Editable(0, 1) {
		t.Error("what can be edited")
	}
}

func TestEncodings(t *testing.T) {
	utf16 := []byte{0xff, 0xfe, 'h', 0, 'i', 0}
	for _, tt := range []struct {
		name, data, want string
		encoding         script.Encoding
	}{
		{"plain", "hi", "hi", script.UTF8},
		{"byte order mark", "\xef\xbb\xbfhi", "hi", script.UTF8BOM},
		{"UTF-16", string(utf16), "hi", script.UTF16LE},
		{"UTF-16 without a mark", "h\x00i\x00\n\x00", "hi\n", script.UTF16LE},
		{"UTF-16, the other way round", "\x00h\x00i", "hi", script.UTF16BE},
		{"Windows-1252", "gr\xfc\xdfe", "grüße", script.Legacy},
		{"program", "\x7fELF\x02\x01\x00\x00\x00\x03", "", script.Binary},
		{"empty", "", "", script.UTF8},
	} {
		read := func(string, string) (string, []byte, bool) { return "f", []byte(tt.data), true }
		if s := scripts(t, read)[1]; s.Text != tt.want || s.Encoding != tt.encoding {
			t.Errorf("%s: %q, %v", tt.name, s.Text, s.Encoding)
		}
	}
}
