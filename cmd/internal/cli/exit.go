package cli

import (
	"fmt"
	"strings"
)

// Exit codes. They are part of the interface: scripts act on them.
const (
	ExitDone      = 0   // what was asked for is done
	ExitFailed    = 1   // a run failed, or Ingot met an error of its own
	ExitUsage     = 2   // the command line is wrong, or names something that does not exist
	ExitTemplate  = 3   // the image template has errors; nothing was started
	ExitHost      = 4   // this machine is not ready: see ingot doctor
	ExitPartly    = 5   // some distributors of a run failed, or some of several builds; the others are done
	ExitCancelled = 130 // stopped by Ctrl-C, SIGTERM or "ingot cancel", after cleaning up
)

// exitCodes is the table of the help text and of docs/cli.md.
var exitCodes = []struct {
	code  int
	means string
}{
	{ExitDone, "done"},
	{ExitFailed, "the run failed"},
	{ExitUsage, "the command line is wrong, or names something that does not exist"},
	{ExitTemplate, "the image template has errors; nothing was started"},
	{ExitHost, "this machine is not ready: see ingot doctor"},
	{ExitPartly, "some distributors, or some of several builds, failed; the others are done"},
	{ExitCancelled, "cancelled, and cleaned up"},
}

func exitCodeHelp() string {
	var b strings.Builder
	b.WriteString("Exit codes:\n")
	for _, c := range exitCodes {
		fmt.Fprintf(&b, "  %3d  %s\n", c.code, c.means)
	}
	return b.String()
}
