package checksum

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

var core = map[string]any{"packer_build_name": "image", "packer_builder_type": "ingot-qemu"}

func configured(t *testing.T, raw map[string]any) *PostProcessor {
	t.Helper()
	p := &PostProcessor{}
	if err := p.Configure(core, raw); err != nil {
		t.Fatal(err)
	}
	return p
}

// folder makes the working directory one with two files.
func folder(t *testing.T) *packersdk.MockArtifact {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("out", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"out/a.raw": "hello", "out/b.raw": ""} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return &packersdk.MockArtifact{FilesValue: []string{"out/a.raw", "out/b.raw"}, StateValues: map[string]any{
		"generated_data": map[any]any{"ID": "vm-1"},
	}}
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestChecksums(t *testing.T) {
	source := folder(t)
	p := configured(t, map[string]any{"checksum_types": []string{"md5", "sha256"}, "output": "sums/{{.ID}}.{{.ChecksumType}}"})
	made, keep, must, err := p.PostProcess(t.Context(), nil, source)
	if err != nil || !keep || !must {
		t.Fatalf("%t, %t, %v", keep, must, err)
	}
	if diff := cmp.Diff([]string{"out/a.raw", "out/b.raw", "sums/vm-1.md5", "sums/vm-1.sha256"}, made.Files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if got, want := text(t, "sums/vm-1.md5"), "5d41402abc4b2a76b9719d911017c592\ta.raw\nd41d8cd98f00b204e9800998ecf8427e\tb.raw\n"; got != want {
		t.Errorf("md5 is\n%s, want\n%s", got, want)
	}
	if got, want := text(t, "sums/vm-1.sha256"), "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\ta.raw\n"; !strings.HasPrefix(got, want) {
		t.Errorf("sha256 is\n%s", got)
	}
	if made.BuilderId() != "packer.post-processor.checksum" {
		t.Errorf("builder id %q", made.BuilderId())
	}
	if err := made.Destroy(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("sums/vm-1.md5"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Destroy: %v", err)
	}
}

// As Packer's, it takes md5 and a name of its own choice, and adds to a file that is there.
func TestDefaults(t *testing.T) {
	source := folder(t)
	for range 2 {
		made, _, _, err := configured(t, map[string]any{}).PostProcess(t.Context(), nil, source)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(made.Files(), "out/a.raw") {
			t.Errorf("files %q", made.Files())
		}
	}
	if got := strings.Count(text(t, "packer_image_ingot-qemu_md5.checksum"), "\n"); got != 4 {
		t.Errorf("%d lines, want 4", got)
	}
}

func TestRefused(t *testing.T) {
	for _, tc := range []struct {
		raw  map[string]any
		want string
	}{
		{map[string]any{"checksum_types": []string{"crc32"}}, `"crc32" is none of md5, sha1, sha224, sha256, sha384, sha512`},
		{map[string]any{"output": "{{"}, "invalid 'output': "},
	} {
		if err := new(PostProcessor).Configure(core, tc.raw); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("got %v, want %q", err, tc.want)
		}
	}
	source := folder(t)
	source.FilesValue = []string{filepath.Join("out", "gone")}
	if _, keep, _, err := configured(t, map[string]any{}).PostProcess(t.Context(), nil, source); !errors.Is(err, os.ErrNotExist) || !keep {
		t.Errorf("got %v, keep %t", err, keep)
	}
	source = folder(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, _, err := configured(t, map[string]any{}).PostProcess(ctx, nil, source); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
