package qemu

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/plugins/machine"
)

// What dooms a guest is noticed in whole lines, and in a prompt, which never ends.
func TestConsoleJudges(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a prompt", "SeaBIOS\r\ngrub rescue> ", "GRUB does not find its files"},
		{"a line", "Kernel panic - not syncing: no init\r\n", "the guest's kernel gave up"},
		{"nothing bad", "SeaBIOS\r\n[    1.0] Linux", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), machine.ConsoleFile)
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			ends := ""
			c := newConsole(path, func(string) {}, func(err error) { ends += err.Error() })
			if err := c.Read(); err != nil {
				t.Fatal(err)
			}
			if (ends == "") != (tt.want == "") || !strings.Contains(ends, tt.want) {
				t.Errorf("got %q, want %q", ends, tt.want)
			}
		})
	}
}
