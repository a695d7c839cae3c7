package translate_test

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/plan"
)

// TestNspawnFolder translates in.json of emit/testdata/nspawn.txtar, and compares as TestAzureFolders does. What is done to the image is
// word for word what the target qemu does.
func TestNspawnFolder(t *testing.T) {
	const path = "emit/testdata/nspawn.txtar"
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	src, _ := input(t, archive)
	p, found := translate.Translate(src, translate.Options{Target: check.QEMU, Check: check.Options{Translate: true}})
	if p == nil {
		t.Fatalf("no plan:\n%s", report(found))
	}
	folder := func(target string) (*emit.Folder, map[string]string) {
		f, err := emit.Packer(p, emit.Options{Target: target, Metadata: true})
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, file := range f.Files {
			files[file.Path] = string(file.Data)
		}
		return f, files
	}
	f, container := folder(emit.Nspawn)
	compareFolder(t, path, archive, f)

	_, vm := folder(emit.QEMU)
	for name, text := range vm {
		want, got := text, container[name]
		if strings.HasSuffix(name, emit.TemplateFile) {
			_, want, _ = strings.Cut(want, "\nbuild {")
			_, got, _ = strings.Cut(got, "\nbuild {")
			want = strings.ReplaceAll(want, "ingot-qemu", "ingot-nspawn")
		}
		if name != emit.ReadmeFile && !strings.HasSuffix(name, emit.VariablesFile) && got != want {
			t.Errorf("%s is another one than that of the target qemu:\n%s", name, got)
		}
	}
}

func TestNspawnRefuses(t *testing.T) {
	archive, err := txtar.ParseFile("emit/testdata/nspawn.txtar")
	if err != nil {
		t.Fatal(err)
	}
	src, _ := input(t, archive)
	p, _ := translate.Translate(src, translate.Options{Target: check.QEMU, Check: check.Options{Translate: true}})
	for _, tt := range []struct {
		name, want string
		o          emit.Options
		change     func()
	}{
		{"a version of a plugin", "the target nspawn has no versions of a plugin to choose from", emit.Options{PluginVersion: "1.0.0"}, nil},
		{"distribution", "the builder of the target nspawn leaves a disk, and cannot distribute it by itself", emit.Options{Standalone: true}, nil},
		{"data disks", "the builder of the target nspawn makes an image of the OS disk only, and the plan has data disks", emit.Options{},
			func() { p.DataDisksGB = []int64{8} }},
		{"Windows", "the target nspawn runs on the kernel of the host, which is Linux, and the image has Windows", emit.Options{},
			func() { p.OS, p.DataDisksGB = plan.Windows, nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.change != nil {
				tt.change()
			}
			tt.o.Target = emit.Nspawn
			if _, err := emit.Packer(p, tt.o); err == nil || err.Error() != "emit web: "+tt.want {
				t.Errorf("got %v", err)
			}
		})
	}
}
