package seed

import (
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/iso9660"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var example = Seed{
	InstanceID: "ingot-3f2a9c1e",
	User:       "packer",
	PublicKey:  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampl packer\n",
}

func TestFiles(t *testing.T) {
	for _, f := range example.Files() {
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

// A container sees no disk: what a VM finds out is said.
func TestBootDisk(t *testing.T) {
	s := example
	s.BootDisk = VirtioDisk
	text, _ := strings.CutPrefix(string(s.Files()[1].Data), "#cloud-config\n")
	var doc struct {
		Grub map[string]any `json:"grub_dpkg"`
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"grub-pc/install_devices": "/dev/vda", "grub-pc/install_devices_empty": false}
	if diff := cmp.Diff(want, doc.Grub); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is awkward in XML, JSON or YAML has to arrive as it was.
func TestAwkwardUser(t *testing.T) {
	const name = `o'<b>& "x": #y`
	s := Seed{InstanceID: "i", User: name, PublicKey: "ssh-ed25519 AAAA"}
	var doc struct {
		Users      []struct{ Name string }
		WriteFiles []struct{ Content string } `json:"write_files"`
	}
	text, ok := strings.CutPrefix(string(s.Files()[1].Data), "#cloud-config\n")
	if !ok {
		t.Fatal("cloud-init ignores user-data that does not start with #cloud-config")
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	if got := doc.Users[0].Name; got != name {
		t.Errorf("user is %q, want %q", got, name)
	}
	var ovf struct {
		User string `xml:"ProvisioningSection>LinuxProvisioningConfigurationSet>UserName"`
	}
	if err := xml.Unmarshal([]byte(doc.WriteFiles[0].Content), &ovf); err != nil {
		t.Fatal(err)
	}
	if ovf.User != name {
		t.Errorf("ovf-env.xml names %q, want %q", ovf.User, name)
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seed.iso")
	files := example.Files()
	for range 2 { // the second replaces the first
		if err := Write(path, files); err != nil {
			t.Fatal(err)
		}
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
	if info.Size()%blockSize != 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("image has %d bytes, mode %v; want whole blocks, 0600", info.Size(), info.Mode())
	}
	fs, err := iso9660.Read(file.New(f, true), info.Size(), 0, blockSize)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimRight(fs.Label(), " \x00"); got != VolumeID {
		t.Errorf("volume id is %q, want %q", got, VolumeID)
	}
	for _, want := range files {
		in, err := fs.OpenFile("/"+want.Name, os.O_RDONLY)
		if err != nil {
			t.Errorf("open %s: %v", want.Name, err)
			continue
		}
		got, err := io.ReadAll(in)
		if err != nil || string(got) != string(want.Data) {
			t.Errorf("%s: got %d bytes, %v, want %d", want.Name, len(got), err, len(want.Data))
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".seed-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWriteLeavesNothingHalfDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seed.iso")
	if err := Write(path, []File{{Name: "no/such/folder", Data: nil}}); err == nil {
		t.Fatal("want an error")
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
