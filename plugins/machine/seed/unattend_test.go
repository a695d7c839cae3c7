package seed

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/iso9660"
	"github.com/google/go-cmp/cmp"
)

var exampleUnattend = Unattend{User: "packer", Password: "Zk3-not-a-secret", Port: 5986}

func TestUnattendFiles(t *testing.T) {
	files := exampleUnattend.Files()
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if diff := cmp.Diff([]string{"autounattend.xml", "unattend.xml", letInScript}, names); diff != "" {
		t.Fatal(diff)
	}
	if string(files[0].Data) != string(files[1].Data) {
		t.Error("the two answer files differ")
	}
	for _, f := range files[1:] {
		path := filepath.Join("testdata", f.Name)
		if *update {
			if err := os.WriteFile(path, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(f.Data)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.Name, diff)
		}
	}
}

// answersRead is an answer file as Windows reads it: by namespaces, passes and components.
type answersRead struct {
	XMLName  xml.Name `xml:"urn:schemas-microsoft-com:unattend unattend"`
	Settings []struct {
		Pass       string `xml:"pass,attr"`
		Components []struct {
			component
			ComputerName string
			System       []string `xml:"RunSynchronous>RunSynchronousCommand>Path"`
			AutoLogon    struct {
				Password   password
				Enabled    bool
				LogonCount int
				Username   string
			}
			Commands []commandRead `xml:"FirstLogonCommands>SynchronousCommand"`
			Admin    password      `xml:"UserAccounts>AdministratorPassword"`
			Users    []userRead    `xml:"UserAccounts>LocalAccounts>LocalAccount"`
		} `xml:"component"`
	} `xml:"settings"`
}

type commandRead struct {
	Action      string `xml:"http://schemas.microsoft.com/WMIConfig/2002/State action,attr"`
	CommandLine string
	Order       int
}

type userRead struct {
	Action   string `xml:"http://schemas.microsoft.com/WMIConfig/2002/State action,attr"`
	Password password
	Group    string
	Name     string
}

// The answer file by what Windows goes by, which no golden file shows to be right.
func TestUnattendStructure(t *testing.T) {
	var a answersRead
	if err := xml.Unmarshal(exampleUnattend.answers(), &a); err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, s := range a.Settings {
		for _, c := range s.Components {
			parts = append(parts, s.Pass+" "+c.Name)
			if c.Architecture != "amd64" || c.Token != "31bf3856ad364e35" || c.Language != "neutral" || c.Scope != "nonSxS" {
				t.Errorf("component %s is %+v, which Windows does not have", c.Name, c.component)
			}
		}
	}
	want := []string{"specialize Microsoft-Windows-Deployment", "specialize Microsoft-Windows-Shell-Setup", "oobeSystem Microsoft-Windows-International-Core", "oobeSystem Microsoft-Windows-Shell-Setup"}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Fatalf("passes and components (-want +got):\n%s", diff)
	}
	if name := a.Settings[0].Components[1].ComputerName; name == "" || len(name) > 15 {
		t.Errorf("%q cannot name a machine: NetBIOS has 15 characters", name)
	}
	room := `cmd.exe /d /c "net user "packer" /delete & exit 0"`
	if diff := cmp.Diff([]string{room}, a.Settings[0].Components[0].System); diff != "" {
		t.Error(diff)
	}
	last := a.Settings[1].Components[1]
	secret := password{Value: exampleUnattend.Password, PlainText: true}
	if diff := cmp.Diff([]userRead{{"add", secret, "Administrators", "packer"}}, last.Users); diff != "" {
		t.Error(diff)
	}
	if l := last.AutoLogon; l.Password != secret || !l.Enabled || l.LogonCount != 1 || l.Username != "packer" || last.Admin != secret {
		t.Errorf("logs in %+v; administrator %+v", l, last.Admin)
	}
	if len(last.Commands) != 1 || last.Commands[0].Action != "add" || last.Commands[0].Order != 1 ||
		!strings.Contains(last.Commands[0].CommandLine, letInScript) || len(last.Commands[0].CommandLine) > 1024 {
		t.Errorf("first commands: %+v", last.Commands)
	}
}

func TestLetInScript(t *testing.T) {
	for _, tc := range []struct {
		u    Unattend
		want []string
	}{
		{Unattend{User: "packer", Password: "S3cret word", Port: 5986}, []string{"$port = 5986\r\n", `Auth\Basic -Value $false `}},
		{Unattend{User: "packer", Password: "S3cret word", Port: 15986, Basic: true}, []string{"$port = 15986\r\n", `Auth\Basic -Value $true `}},
	} {
		text := string(tc.u.script())
		for _, want := range tc.want {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in:\n%s", want, text)
			}
		}
		if strings.Contains(text, "@") && strings.Contains(text, "@PORT@") || strings.Contains(text, "S3cret") || strings.Contains(text, "\r\r") {
			t.Errorf("something is left over in:\n%s", text)
		}
		for i, r := range text {
			if r > 0x7e {
				t.Errorf("byte %d is not ASCII: Windows PowerShell would take it for something else", i)
			}
		}
	}
}

func TestSayable(t *testing.T) {
	for text, want := range map[string]bool{
		"packer": true, `a<b>&"c" d`: true, "pä\U0001f600": true, "": true,
		"a\x00": false, "a\nb": false, "a\x7f": false, "a\ufffe": false, "a\xff": false, "\u0085": false,
	} {
		if got := Sayable(text); got != want {
			t.Errorf("Sayable(%q) = %v", text, got)
		}
	}
}

// Whatever the user and the password are, Windows reads them as they are, and nothing else changes.
func FuzzUnattend(f *testing.F) {
	f.Add("packer", "Zk3-not-a-secret")
	f.Add(`o'<b>& "x"`, `</Value><PlainText>false</PlainText>`)
	f.Add("]]>", "<!-- &#x0; &amp; %PATH% $env:X `")
	f.Add(" a ", "\u00a0é\u2028\U0001f600")
	f.Fuzz(func(t *testing.T, user, secret string) {
		if !Sayable(user) || !Sayable(secret) {
			t.Skip()
		}
		u := Unattend{User: user, Password: secret, Port: 5986}
		var a answersRead
		if err := xml.Unmarshal(u.answers(), &a); err != nil {
			t.Fatal(err)
		}
		if len(a.Settings) != 2 || len(a.Settings[1].Components) != 2 {
			t.Fatalf("the file has another structure: %+v", a)
		}
		last := a.Settings[1].Components[1]
		if len(last.Users) != 1 || len(last.Commands) != 1 || last.Commands[0].CommandLine != letInCommand {
			t.Fatalf("the file has another structure: %+v", last)
		}
		want := password{Value: secret, PlainText: true}
		if last.Users[0].Name != user || last.AutoLogon.Username != user || last.Users[0].Password != want ||
			last.AutoLogon.Password != want || last.Admin != want {
			t.Errorf("%q and %q were read as %+v and %+v", user, secret, last.Users, last.AutoLogon)
		}
	})
}

func TestWriteWindows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seed.iso")
	if err := WriteWindows(path, exampleUnattend.Files()); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v: the disk holds a password", info.Mode())
	}
	fs, err := iso9660.Read(file.New(f, true), info.Size(), 0, blockSize)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range exampleUnattend.Files() {
		in, err := fs.OpenFile("/"+want.Name, os.O_RDONLY) // by its Joliet name
		if err != nil {
			t.Errorf("open %s: %v", want.Name, err)
			continue
		}
		if got, err := io.ReadAll(in); err != nil || string(got) != string(want.Data) {
			t.Errorf("%s: got %d bytes, %v, want %d", want.Name, len(got), err, len(want.Data))
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".seed-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
