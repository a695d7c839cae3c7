package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
)

// buildInfo says what this program was made from.
type buildInfo struct {
	Version  string `json:"version"`            // of the module; "(devel)" when built from a working tree
	Revision string `json:"revision,omitempty"` // of the repository
	Modified bool   `json:"modified,omitempty"` // the working tree had changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func readBuildInfo() buildInfo {
	b := buildInfo{Version: "(unknown)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func newVersion(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "say which Ingot this is",
		Example: "  ingot version\n  ingot version --output json",
		Args:    args(),
		RunE: func(*cobra.Command, []string) error {
			b := readBuildInfo()
			if output == outputJSON {
				return view.Document(env.Stdout, b)
			}
			text := "ingot " + b.Version
			if b.Revision != "" {
				text += " (" + b.Revision[:min(12, len(b.Revision))]
				if b.Modified {
					text += ", with changes"
				}
				text += ")"
			}
			_, err := fmt.Fprintf(env.Stdout, "%s, %s, %s\n", text, b.Go, b.Platform)
			return err
		},
	}
	addOutput(cmd, &output)
	return cmd
}
