package shell

import (
	"bufio"
	"bytes"
	"fmt"
	"os"

	"github.com/zclconf/go-cty/cty"
)

// asIs reports whether the scripts can be copied byte for byte.
//
// Packer turns Windows line ends into Unix ones on the way, which scripts written on Windows need. It does so with a reader that
// refuses lines of 64 KiB, as installers with data inside have them, and each refusal is tried again for five minutes. So the
// reader is left for scripts that need it, and one that needs it and would be refused is an error here.
func asIs(scripts []string) (bool, error) {
	plain := true
	for _, path := range scripts {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // Packer's Prepare says so, in words of its own
		}
		if !bytes.Contains(content, []byte("\r\n")) {
			continue
		}
		plain = false
		n := 0
		for line := range bytes.Lines(content) {
			if n++; len(line) >= bufio.MaxScanTokenSize {
				return false, fmt.Errorf("script %s: line %d has %d bytes, and a script with Windows line ends can have %d at most; "+
					"save it with Unix line ends", path, n, len(line), bufio.MaxScanTokenSize-1)
			}
		}
	}
	return plain, nil
}

// scripts returns the files that a configuration runs. It has one cty value among its parts when it comes from HCL.
func scripts(raws []any) []string {
	var paths []string
	for _, raw := range raws {
		config, ok := raw.(cty.Value)
		if !ok || config.IsNull() || !config.Type().IsObjectType() {
			continue
		}
		for _, name := range []string{"script", "scripts"} {
			if !config.Type().HasAttribute(name) {
				continue
			}
			switch v := config.GetAttr(name); {
			case v.IsNull() || !v.IsWhollyKnown():
			case v.Type() == cty.String:
				paths = append(paths, v.AsString())
			default:
				for _, e := range v.AsValueSlice() {
					paths = append(paths, e.AsString())
				}
			}
		}
	}
	return paths
}
