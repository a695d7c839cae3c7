package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/engine/resolve"
)

func TestStagingFlags(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if err := os.Mkdir("scripts", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, line string
		want       resolve.Policy
		text       string // of the error
	}{
		{"none", "", resolve.Policy{}, ""},
		{"all", "--offline --allow-local --allow-private-addresses --max-file-size 1MiB --override https://h/p/=./scripts/ --override https://h/=.",
			resolve.Policy{Offline: true, AllowLocal: true, AllowPrivate: true, MaxSize: 1 << 20,
				Overrides: []resolve.Override{{Prefix: "https://h/p/", Path: filepath.Join(dir, "scripts"), Name: "scripts"}, {Prefix: "https://h/", Path: dir, Name: "."}}}, ""},
		{"override of nothing", "--override https://h/p/=nothing", resolve.Policy{}, "there is no " + filepath.Join(dir, "nothing")},
		{"override the wrong way round", "--override scripts=https://h/p/", resolve.Policy{}, "does not start with"},
		{"size that is none", "--max-file-size large", resolve.Policy{}, `"large" is no size`},
		{"size of nothing", "--max-file-size 0", resolve.Policy{}, `"0" is no size`},
		{"size beyond all disks", "--max-file-size 16000PB", resolve.Policy{}, "is no size"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var o stagingOptions
			cmd := &cobra.Command{}
			o.addFlags(cmd)
			for _, name := range stagingFlags {
				if cmd.Flags().Lookup(name) == nil {
					t.Errorf("there is no flag --%s", name)
				}
			}
			if err := cmd.ParseFlags(strings.Fields(tt.line)); err != nil {
				t.Fatal(err)
			}
			err := o.check(true)
			if tt.text == "" {
				if diff := cmp.Diff(tt.want, o.policy); err != nil || diff != "" {
					t.Errorf("%v, policy (-want +got):\n%s", err, diff)
				}
				return
			}
			var usage *usageError
			if !errors.As(err, &usage) || !strings.Contains(usage.what+"|"+usage.why, tt.text) {
				t.Errorf("error %v, want %q", err, tt.text)
			}
		})
	}
}

func TestStagingFlagsWithoutStaging(t *testing.T) {
	var o stagingOptions
	cmd := &cobra.Command{}
	o.addFlags(cmd)
	if err := cmd.ParseFlags([]string{"--offline"}); err != nil {
		t.Fatal(err)
	}
	if err := o.check(false); err == nil || !strings.Contains(err.Error(), "--offline has no meaning without -o") {
		t.Errorf("error %v", err)
	}
}
