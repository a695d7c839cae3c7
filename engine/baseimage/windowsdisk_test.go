package baseimage

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/engine/baseimage/catalog"
	"github.com/ingot-build/ingot/engine/guest"
)

// windowsDisk makes a disk of 8 MiB in a format, whose second partition begins with signature, as Windows lays disks out.
func windowsDisk(t *testing.T, format string, gpt bool, signature string) string {
	t.Helper()
	qcow2(t) // skips without qemu-img
	disk := make([]byte, 8<<20)
	disk[510], disk[511] = 0x55, 0xaa
	le := binary.LittleEndian
	if gpt {
		disk[446+4] = 0xee
		copy(disk[1024+128:], basicData)
		le.PutUint64(disk[1024+128+32:], 4096)
	} else {
		disk[446+4], disk[446+16+4] = 0x07, 0x07
		le.PutUint32(disk[446+8:], 2048)
		le.PutUint32(disk[446+16+8:], 4096)
	}
	copy(disk[4096*512+3:], signature)
	raw := filepath.Join(t.TempDir(), "disk.raw")
	writeFile(t, raw, disk)
	if format == "raw" {
		return raw
	}
	path := strings.TrimSuffix(raw, "raw") + format
	if out, err := exec.Command("qemu-img", "convert", "-f", "raw", "-O", format, raw, path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

func TestAddWindows(t *testing.T) {
	tests := map[string]struct {
		path func(*testing.T) string
		ask  guest.Profile
		want guest.Profile
		fail string
	}{
		"generation 1": {path: func(t *testing.T) string { return windowsDisk(t, "raw", false, "NTFS    ") },
			want: guest.Profile{Devices: "emulated", Firmware: "bios"}},
		"generation 2": {path: func(t *testing.T) string { return windowsDisk(t, "qcow2", true, "NTFS    ") },
			ask:  guest.Profile{Devices: "virtio", SecureBoot: true, TPM: true},
			want: guest.Profile{Devices: "virtio", Firmware: "uefi", SecureBoot: true, TPM: true}},
		"VHDX": {path: func(t *testing.T) string { return windowsDisk(t, "vhdx", true, "NTFS    ") },
			want: guest.Profile{Devices: "emulated", Firmware: "uefi"}},
		"no Windows": {path: func(t *testing.T) string { return windowsDisk(t, "raw", true, "") }, fail: "no Windows is on it"},
		"BitLocker":  {path: func(t *testing.T) string { return windowsDisk(t, "raw", true, "-FVE-FS-") }, fail: "encrypted by BitLocker"},
		"the other firmware": {path: func(t *testing.T) string { return windowsDisk(t, "raw", false, "NTFS    ") },
			ask: guest.Profile{Firmware: "uefi"}, fail: "starts by bios alone, and not by uefi"},
		"secure boot by BIOS": {path: func(t *testing.T) string { return windowsDisk(t, "raw", false, "NTFS    ") },
			ask: guest.Profile{SecureBoot: true}, fail: "secure boot is a matter of uefi"},
		"a partition behind the disk's end": {path: func(t *testing.T) string {
			path := windowsDisk(t, "raw", true, "NTFS    ")
			text, err := os.ReadFile(path)
			must(t, err)
			binary.LittleEndian.PutUint64(text[1024+128+32:], 1<<63+5)
			copy(text[1024:], basicData)
			binary.LittleEndian.PutUint64(text[1024+32:], 1<<40)
			writeFile(t, path, text)
			return path
		}, fail: "no Windows is on it"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, "")
			path := tt.path(t)
			im, err := s.Add(t.Context(), "win", path, AddOptions{OS: "windows", Machine: tt.ask})
			wantEmpty(t, s)
			if tt.fail != "" {
				var refused *RefusedError
				if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.fail) || refused.Path != path {
					t.Errorf("got %v, want a refusal of %s with %q", err, path, tt.fail)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if im, err = s.Get("win"); err != nil { // as it was kept
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, im.Machine); diff != "" || im.OS != "windows" {
				t.Errorf("machine (-want +got):\n%s", diff)
			}
		})
	}
}

// What is in a VHDX is what the store has, as a qcow2.
func TestAddVHDX(t *testing.T) {
	s := newStore(t, "")
	path := windowsDisk(t, "vhdx", true, "NTFS    ")
	im := add(t, s, "win", path, AddOptions{OS: "windows"})
	if im.Format != "qcow2" || im.VirtualSize != 8<<20 || im.Origin != path {
		t.Errorf("got %+v", im)
	}
	if out, err := exec.Command("qemu-img", "compare", "-f", "vhdx", "-F", "qcow2", path, im.Path).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	must(t, s.Verify(t.Context(), "win"))

	whole, err := os.ReadFile(path)
	must(t, err)
	// Where the flags of the file parameters are, as this maker lays them out.
	const metadata, parameters = 3 << 20, 64 << 10
	damage := map[string]struct {
		change func(b []byte) []byte
		want   string
	}{
		"differencing":            {func(b []byte) []byte { b[metadata+parameters+4] |= vhdxHasParent; return b }, "needs another file"},
		"cut in the region table": {func(b []byte) []byte { return b[:vhdxRegions+100] }, "cut off or damaged"},
		"cut in the data":         {func(b []byte) []byte { return b[:metadata+parameters+1000] }, "cut off or damaged"},
		"no regions":              {func(b []byte) []byte { b[vhdxRegions+8] = 0; return b }, "cut off or damaged"},
		"metadata elsewhere":      {func(b []byte) []byte { b[metadata] = 'M'; return b }, "cut off or damaged"},
		"both headers damaged":    {func(b []byte) []byte { b[64<<10+20]++; b[128<<10+20]++; return b }, "cut off or damaged"},
	}
	for name, tt := range damage {
		t.Run(name, func(t *testing.T) {
			bad := filepath.Join(t.TempDir(), "bad.vhdx")
			writeFile(t, bad, tt.change(append([]byte(nil), whole...)))
			var refused *RefusedError
			if _, err := s.Add(t.Context(), "bad", bad, AddOptions{OS: "windows"}); !errors.As(err, &refused) ||
				!strings.Contains(err.Error(), tt.want) || refused.Path != bad {
				t.Errorf("got %v, want a refusal of %s with %q", err, bad, tt.want)
			}
			wantEmpty(t, s)
		})
	}
}

// The password of the disk's user is in a file that nobody else reads, and in nothing that is shown.
func TestPasswordIsKept(t *testing.T) {
	s := newStore(t, "")
	const secret = "Zk3-not-shown"
	ask := guest.Profile{Login: &guest.Login{Communicator: guest.WinRM, User: "admin", Password: secret, Basic: true}}
	path := windowsDisk(t, "raw", true, "NTFS    ")
	add(t, s, "win", path, AddOptions{OS: "windows", Machine: ask})
	im, err := s.Get("win")
	must(t, err)
	if im.Machine.Login == nil || *im.Machine.Login != *ask.Login {
		t.Errorf("login is %+v", im.Machine.Login)
	}
	if text, err := json.Marshal(im); err != nil || strings.Contains(string(text), secret) {
		t.Errorf("shown as %s, %v", text, err)
	}
	info, err := os.Stat(s.recordPath("win"))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the record has mode %v", info.Mode())
	}
	add(t, s, "win", path, AddOptions{OS: "windows", Replace: true})
	if im, err = s.Get("win"); err != nil || im.Machine.Login != nil {
		t.Errorf("after it was replaced: %+v, %v", im.Machine, err)
	}
	if text, err := os.ReadFile(s.recordPath("win")); err != nil || strings.Contains(string(text), secret) {
		t.Errorf("the password is still there: %s, %v", text, err)
	}
	if _, err := s.Add(t.Context(), "linux", path, AddOptions{Machine: ask}); err == nil {
		t.Error("a profile was taken for Linux")
	}
}

func TestNoMatchForWindows(t *testing.T) {
	err := &NoMatchError{URN: catalog.URN{Publisher: "MicrosoftWindowsServer", Offer: "WindowsServer", SKU: "2022-datacenter-g2", Version: "latest"}}
	if want := "ingot image add windows FILE --os windows --urn MicrosoftWindowsServer:WindowsServer:2022-datacenter-g2"; err.Fix() != want {
		t.Errorf("got %q, want %q", err.Fix(), want)
	}
	if !strings.Contains(err.Why(), "evaluation disk") {
		t.Errorf("got %q", err.Why())
	}
}

func FuzzVHDX(f *testing.F) {
	f.Add([]byte("regi"), []byte("metadata"))
	f.Fuzz(func(t *testing.T, regions, metadata []byte) {
		if len(regions)+len(metadata) > 64<<10 {
			t.Skip()
		}
		disk := make([]byte, 512<<10)
		copy(disk, "vhdxfile")
		copy(disk[vhdxRegions:], regions)
		copy(disk[vhdxRegions+64<<10:], metadata)
		path := filepath.Join(t.TempDir(), "file")
		writeFile(t, path, disk)
		if format, err := sniff(path); (format == "") == (err == nil) {
			t.Fatalf("format %q with error %v", format, err)
		}
	})
}
