package qemu

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMissingPrograms(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := findPrograms(false)
	for _, want := range []string{`"qemu-system-x86_64"`, "apt install qemu-system-x86", `"qemu-img"`, "apt install qemu-utils"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %s", err, want)
		}
	}
}

func TestFindEFI(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"half.code", "whole.code", "whole.vars"} {
		if err := os.WriteFile(at(name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	half, whole := efiFirmware{at("half.code"), at("half.vars")}, efiFirmware{at("whole.code"), at("whole.vars")}
	if got, err := findEFI([]efiFirmware{half, whole}); err != nil || got != whole {
		t.Errorf("got %v, %v, want the one that is whole", got, err)
	}
	if _, err := findEFI([]efiFirmware{half}); err == nil || !strings.Contains(err.Error(), "apt install ovmf") {
		t.Errorf("got %v, want it to name the package", err)
	}
}
