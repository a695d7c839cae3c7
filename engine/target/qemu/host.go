package qemu

import (
	"context"
	"fmt"
	"os/exec"

	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/translate/plan"
)

// programs are what the builder and the disk writer call, with the Debian package each comes from.
var programs = []struct{ name, pkg string }{
	{"qemu-system-x86_64", "qemu-system-x86"},
	{"qemu-img", "qemu-utils"},
}

// Check implements target.Target. What a disk wants beyond that, such as a TPM, is not known yet; the builder says so at its start.
func (t *Target) Check(_ context.Context, _ *plan.Plan) []target.Problem {
	var problems []target.Problem
	for _, prog := range programs {
		if _, err := exec.LookPath(prog.name); err != nil {
			problems = append(problems, target.Problem{
				What: fmt.Sprintf("program %q is not installed", prog.name),
				Why:  "build VMs on this machine run in QEMU",
				Fix:  fmt.Sprintf("apt-get install %s; then check with: ingot doctor", prog.pkg),
			})
		}
	}
	return problems
}
