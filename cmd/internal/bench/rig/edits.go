package rig

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ingot-build/ingot/internal/testtools"
)

// Smaller is the smaller one; 0 is none yet.
func Smaller(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// Watch starts a build that watches, and edits the last step each time it is through.
func (r *Rig) Watch(args ...string) (least time.Duration, err error) {
	path, err := r.Five("watch-0")
	if err != nil {
		return 0, err
	}
	var saved time.Duration // when the last edit was saved, since the start
	var failure error
	round := 0
	var took Took
	cmd := exec.Command(r.Ingot, append([]string{"build", "--watch", "--memory", MemoryMiB, "--fidelity", "off", path}, args...)...)
	err = r.Follow(cmd, func(line []byte, at time.Duration) bool {
		text := string(line)
		switch {
		case strings.HasSuffix(strings.TrimSpace(text), fmt.Sprintf("watch-%d", round)) && saved > 0:
			least = Smaller(least, at-saved)
			fmt.Printf("    round %d with --watch: %s\n", round, Seconds(at-saved))
			if round == Rounds {
				return true
			}
			saved = 0
		case strings.Contains(text, "watching ") && saved == 0:
			round++
			if _, failure = r.Five(fmt.Sprintf("watch-%d", round)); failure != nil {
				return true
			}
			saved = at
		}
		return false
	}, &took)
	if err == nil {
		err = failure
	}
	if err == nil && least == 0 {
		err = fmt.Errorf("ingot build --watch ended after %s, and did not build again", Seconds(took.Whole))
	}
	return least, err
}

// PackerRebuild has stock Packer build all of it: the time to the last step's line, and to the end; 0 without a stock Packer.
func (r *Rig) PackerRebuild(mark string) (line, whole time.Duration, err error) {
	stock, err := testtools.FindPacker()
	if err != nil {
		fmt.Println("  stock Packer is not measured:", err)
		return 0, 0, nil
	}
	path, err := r.Five(mark)
	if err != nil {
		return 0, 0, err
	}
	folder := filepath.Join(r.Dir, "five")
	if _, err := Output(exec.Command(r.Ingot, "translate", path, "-o", folder)); err != nil {
		return 0, 0, err
	}
	plugin := filepath.Join(r.Dir, "packer-plugin-ingot")
	if _, err := Output(exec.Command("go", "build", "-o", plugin, "./cmd/packer-plugin-ingot")); err != nil {
		return 0, 0, err
	}
	install := exec.Command(stock, "plugins", "install", "--path", plugin, "github.com/ingot-build/ingot")
	install.Env = r.Env
	if _, err := Output(install); err != nil {
		return 0, 0, err
	}
	out := filepath.Join(r.Dir, "packer-out")
	defer os.RemoveAll(out)
	var took Took
	cmd := exec.Command(stock, "build", "-color=false", "-var", "source_disk="+r.Disk, "-var", "output_directory="+out,
		"-var", "vm_name=ingot-bench", "-var", "memory="+MemoryMiB, folder)
	err = r.Follow(cmd, func(text []byte, at time.Duration) bool {
		if line == 0 && strings.HasSuffix(strings.TrimSpace(string(text)), ": "+mark) {
			line = at
		}
		return false
	}, &took)
	if err == nil && line == 0 {
		err = fmt.Errorf("stock Packer never said %q", mark)
	}
	if err == nil {
		fmt.Printf("  stock Packer, all of it again       %s, and %s to its end\n", Seconds(line), Seconds(took.Whole))
	}
	return line, took.Whole, err
}
