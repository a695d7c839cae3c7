package cli

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// windowsWorld is a user's home with QEMU's fake on PATH.
type windowsWorld struct {
	t           *testing.T
	home, notes string
	env         map[string]string
}

func newWindowsWorld(t *testing.T) *windowsWorld {
	t.Helper()
	if _, err := exec.LookPath("qemu-img"); err != nil {
		t.Skip("qemu-img is not on PATH: apt-get install qemu-utils")
	}
	if !slices.ContainsFunc([]string{"/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_CODE.fd"},
		func(path string) bool { _, err := os.Stat(path); return err == nil }) {
		t.Skip("UEFI firmware for QEMU is not installed: apt-get install ovmf")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	source, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	w := &windowsWorld{t: t, home: t.TempDir(), notes: t.TempDir()}
	w.env = map[string]string{"HOME": w.home}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "qemu-system-x86_64")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv(guestNotes, w.notes)
	t.Setenv(guestSource, source)
	return w
}

// run gives what a terminal would show, and the exit code.
func (w *windowsWorld) run(ctx context.Context, args ...string) (string, int) {
	w.t.Helper()
	var screen bytes.Buffer
	env := Env{Stdin: strings.NewReader(""), Stdout: &screen, Stderr: &screen, Getenv: func(name string) string { return w.env[name] }}
	code := Main(ctx, env, args)
	return screen.String(), code
}

func (w *windowsWorld) write(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// disk makes a VHDX laid out as that of a generation 2 VM with Windows.
func (w *windowsWorld) disk() string {
	w.t.Helper()
	b := make([]byte, 16<<20)
	b[510], b[511], b[446+4] = 0x55, 0xaa, 0xee
	copy(b[1024:], "\xa2\xa0\xd0\xeb\xe5\xb9\x33\x44\x87\xc0\x68\xb6\xb7\x26\x99\xc7")
	binary.LittleEndian.PutUint64(b[1024+32:], 2048)
	copy(b[2048*512+3:], "NTFS    ")
	raw := w.write("disk.raw", string(b))
	path := filepath.Join(w.home, "disk.vhdx")
	if out, err := exec.Command("qemu-img", "convert", "-f", "raw", "-O", "vhdx", raw, path).CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// guests are the notes of the guests that ran, in order.
func (w *windowsWorld) guests() (all []guestNote) {
	w.t.Helper()
	paths, err := filepath.Glob(filepath.Join(w.notes, "*.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(paths)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			w.t.Fatal(err)
		}
		var n guestNote
		if err := json.Unmarshal(text, &n); err != nil {
			w.t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

// grep gives the files below the user's home that hold text.
func (w *windowsWorld) grep(text string) (found []string) {
	w.t.Helper()
	err := filepath.WalkDir(w.home, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil && bytes.Contains(data, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

const (
	windowsURN      = "MicrosoftWindowsServer:WindowsServer:2022-datacenter-g2"
	windowsTemplate = `{
  "type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "location": "westeurope",
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {}}},
  "properties": {
    "vmProfile": {"vmSize": "Standard_D2ds_v5"},
    "source": {SOURCE},
    "customize": [
      CUSTOMIZE
    ],
    VALIDATE
    "distribute": [
      {"type": "VHD", "runOutputName": "disk"},
      {"type": "SharedImage", "runOutputName": "version", "replicationRegions": ["westeurope"], "galleryImageId":
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/Microsoft.Compute/galleries/shop/images/desk/versions/VERSION"}
    ]
  }
}`
	platformImage = `"type": "PlatformImage", "publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2022-datacenter-g2", "version": "latest"`
	galleryImage  = `"type": "SharedImageVersion", "imageVersionId":
      "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/Microsoft.Compute/galleries/shop/images/desk/versions/1.0.0"`
	everyCustomizer = `{"type": "PowerShell", "name": "tools", "inline": ["Write-Output 'tools are here'"]},
      {"type": "PowerShell", "name": "asSystem", "runElevated": true, "runAsSystem": true, "inline": ["Write-Output 'tools'", "exit 3"], "validExitCodes": [0, 3]},
      {"type": "PowerShell", "name": "asBuilder", "runElevated": true, "inline": ["whoami"]},
      {"type": "File", "name": "page", "sourceUri": "index.html", "destination": "c:\\site\\index.html"},
      {"type": "WindowsRestart", "name": "again", "restartTimeout": "5m"},
      {"type": "WindowsUpdate", "name": "updates", "searchCriteria": "IsInstalled=0", "filters": ["include:$true"], "updateLimit": 20}`
	onePowerShell = `{"type": "PowerShell", "name": "tools", "inline": ["Write-Output 'tools are here'"]}`
	oneValidator  = `"validate": {"inVMValidations": [{"type": "PowerShell", "name": "boots", "inline": ["Write-Output 'it boots'"]}]},`
)

// template writes one whose build makes a version of the gallery.
func (w *windowsWorld) template(version, source, customize, validate string) string {
	return w.write("desk.json", strings.NewReplacer("VERSION", version, "SOURCE", source, "CUSTOMIZE", customize, "VALIDATE", validate).
		Replace(windowsTemplate))
}

// A whole build of a Windows image: from a disk that was generalized, whose first boot makes the build user, through every customizer
// and a validator, to a VHD and a version in the gallery, from which the next build starts.
func TestWindowsBuild(t *testing.T) {
	w := newWindowsWorld(t)
	w.write("index.html", "<h1>hello</h1>\r\n")
	template := w.template("1.0.0", platformImage, everyCustomizer, oneValidator)

	out, code := w.run(t.Context(), "build", template, "--accel", "tcg")
	if want := "ingot image add windows FILE --os windows --urn " + windowsURN; code != ExitTemplate || !strings.Contains(out, want) {
		t.Fatalf("without a base image: exit code %d, want %d with %q in:\n%s", code, ExitTemplate, want, out)
	}
	if out, code := w.run(t.Context(), "image", "add", "win", w.disk(), "--os", "windows", "--urn", windowsURN); code != ExitDone {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	out, code = w.run(t.Context(), "build", template, "--accel", "tcg")
	if code != ExitDone {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	for _, want := range []string{"tools are here", "it boots", "the image is generalized", "disk.vhd", "versions/1.0.0"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}

	guests := w.guests()
	if len(guests) != 2 {
		t.Fatalf("%d guests ran, want the build VM and the validation VM\n%s", len(guests), out)
	}
	built := guests[0]
	if built.Boots < 3 || built.PowerOff != "told to" {
		t.Errorf("the build VM started %d times and went off for %q, want 3 for a restart and one after updates", built.Boots, built.PowerOff)
	}
	if diff := cmp.Diff(map[string]string{`c:\site\index.html`: "<h1>hello</h1>\r\n"}, built.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	var users []string
	for _, task := range built.Tasks {
		users = append(users, task.User)
	}
	if !slices.Contains(users, "SYSTEM") || !slices.Contains(users, "packer") {
		t.Errorf("tasks ran as %q", users)
	}
	for _, g := range guests {
		if len(g.Unknown) > 0 {
			t.Errorf("not understood: %q", g.Unknown)
		}
		args := strings.Join(g.Args, " ")
		for _, want := range []string{"-rtc base=utc", "-device ide-hd,", "-device e1000e,", "-device ide-cd,bus=ide.1,drive=seed", "if=pflash", "-m "} {
			if !strings.Contains(args, want) {
				t.Errorf("%q is not in QEMU's arguments: %s", want, args)
			}
		}
		// The password is of this VM alone, and nowhere by now.
		_, rest, _ := strings.Cut(g.Seed, "<Value>")
		password, _, _ := strings.Cut(rest, "</Value>")
		if len(password) < 20 || strings.Contains(args, password) || strings.Contains(out, password) {
			t.Errorf("the password %q is short, or was shown", password)
		}
		if found := w.grep(password); len(found) > 0 {
			t.Errorf("the password is in %q", found)
		}
	}
	if guests[0].Seed == guests[1].Seed {
		t.Error("both VMs had the same password")
	}

	// What comes next starts from the version, by the same devices and firmware, without being told.
	template = w.template("1.0.1", galleryImage, onePowerShell, "")
	if out, code := w.run(t.Context(), "build", template, "--accel", "tcg"); code != ExitDone {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	guests = w.guests()
	if args := strings.Join(guests[len(guests)-1].Args, " "); len(guests) != 3 || !strings.Contains(args, "if=pflash") || !strings.Contains(args, "-device ide-hd,") {
		t.Errorf("the %d. guest had other devices: %s", len(guests), args)
	}
}

// A disk that brings its user is given no seed disk, and its password is kept to itself.
func TestWindowsBuildWithUser(t *testing.T) {
	w := newWindowsWorld(t)
	const password = `Zk3 not "shown" <&>`
	t.Setenv(guestUser, "builder:"+password)
	w.write("pw.txt", password+"\r\n")
	add := []string{"image", "add", "win", w.disk(), "--os", "windows", "--urn", windowsURN, "--devices", "virtio", "--user", "builder", "--replace",
		"--password-file", filepath.Join(w.home, "pw.txt")}
	if out, code := w.run(t.Context(), add...); code != ExitDone || strings.Contains(out, password) {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	template := w.template("1.0.0", platformImage, onePowerShell, "")
	out, code := w.run(t.Context(), "build", template, "--accel", "tcg")
	if code != ExitDone || strings.Contains(out, password) {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	args := strings.Join(w.guests()[0].Args, " ")
	for _, want := range []string{"-rtc base=localtime", "-device virtio-blk-pci,drive=disk", "-device virtio-net-pci,"} {
		if !strings.Contains(args, want) {
			t.Errorf("%q is not in QEMU's arguments: %s", want, args)
		}
	}
	record := filepath.Join(w.home, ".local", "share", "ingot", "images", "images", "win", "image.json")
	encoded, err := json.Marshal(password)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{password, strings.Trim(string(encoded), `"`)} {
		for _, path := range w.grep(form) {
			if path != record && filepath.Base(path) != "pw.txt" {
				t.Errorf("the password is in %s", path)
			}
		}
	}

	// A wrong password: the build ends when the time for the boot does, and says what to look at.
	w.env["PW"] = "another"
	add = append(slices.Delete(slices.Clone(add), len(add)-2, len(add)), "--password-env", "PW")
	if out, code := w.run(t.Context(), add...); code != ExitDone {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	template = w.template("1.0.1", platformImage, onePowerShell, "")
	out, code = w.run(t.Context(), "build", template, "--accel", "tcg", "--boot-timeout", "6s")
	for _, want := range []string{`user "builder" can log in by WinRM`, "that the base disk has that user with that password", "401"} {
		if code != ExitFailed || !strings.Contains(out, want) {
			t.Errorf("exit code %d, want %d with %q in:\n%s", code, ExitFailed, want, out)
		}
	}

	// The right one again, by a WinRM that has no TLS.
	w.env["PW"] = password
	if out, code := w.run(t.Context(), append(add, "--winrm-http")...); code != ExitDone {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	if out, code := w.run(t.Context(), "build", template, "--accel", "tcg"); code != ExitDone {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	guests := w.guests()
	if args := strings.Join(guests[len(guests)-1].Args, " "); !strings.Contains(args, "-:5985 ") {
		t.Errorf("another port is forwarded: %s", args)
	}
}
