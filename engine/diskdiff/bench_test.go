package diskdiff

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// must runs a program of disks, with lines for its standard input.
func must(b *testing.B, stdin, name string, args ...string) {
	b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	cmd.Stdin = strings.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Skipf("%s: %v\n%s", name, err, out)
	}
}

// BenchmarkChain compares the disks of two layers, with a chain of six qcow2 files under the second one, between which 1000 files of 20,000
// have changed.
func BenchmarkChain(b *testing.B) {
	dir := b.TempDir()
	tree := filepath.Join(dir, "tree")
	for i := range 20_000 {
		name := filepath.Join(tree, fmt.Sprintf("usr/share/d%d/f%d", i/100, i))
		if i%100 == 0 {
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				b.Fatal(err)
			}
		}
		if err := os.WriteFile(name, []byte(strings.Repeat(fmt.Sprint(i), 500)), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(tree, "etc"), 0o755); err != nil {
		b.Fatal(err)
	}
	raw, below := filepath.Join(dir, "disk.raw"), filepath.Join(dir, "0.qcow2")
	must(b, "", "mke2fs", "-q", "-t", "ext4", "-d", tree, raw, "400M")
	must(b, "", "qemu-img", "convert", "-q", "-O", "qcow2", raw, below)
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("changed\n", 300)), 0o644); err != nil {
		b.Fatal(err)
	}
	var last []string
	for layer := 1; layer <= 6; layer++ {
		var requests strings.Builder
		changes := 20
		if layer == 6 {
			changes = 1000
		}
		for i := range changes {
			n := layer*20 + i*17
			fmt.Fprintf(&requests, "rm /usr/share/d%d/f%d\nwrite %s /usr/share/d%d/f%d\n", n/100, n, text, n/100, n)
		}
		must(b, requests.String(), "debugfs", "-w", "-f", "-", raw)
		disk := filepath.Join(dir, fmt.Sprintf("%d.qcow2", layer))
		must(b, "", "qemu-img", "convert", "-q", "-O", "qcow2", "-B", below, "-F", "qcow2", raw, disk)
		below, last = disk, append(last, disk)
	}
	for b.Loop() {
		x, err := Open(last[4])
		if err != nil {
			b.Fatal(err)
		}
		y, err := Open(last[5])
		if err != nil {
			b.Fatal(err)
		}
		r, err := Compare(b.Context(), x, y, Options{Text: true})
		if err != nil || len(r.Files) != 1000 {
			b.Fatalf("%d files, %v", len(r.Files), err)
		}
		_, _ = x.Close(), y.Close()
	}
}
