package cli

import (
	"context"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/doctor"
	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/plugins/qemu/accel"
)

// doctorReport is the JSON form of the result.
type doctorReport struct {
	Ready  bool            `json:"ready"`
	Checks []doctor.Result `json:"checks"`
}

func newDoctor(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "check what this machine has and lacks, and say how to mend it",
		Long: `Check what builds need of this machine, and say how to mend what is missing. "warn" means that builds work, but
slower or not all of them; "missing" means that none does, and gives exit code 4.`,
		Example: "  ingot doctor\n  ingot doctor --output json",
		Args:    args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDoctor(cmd.Context(), env, output)
		},
	}
	addOutput(cmd, &output)
	return cmd
}

func runDoctor(ctx context.Context, env *Env, output string) error {
	dirs, err := store.DirsFromEnv(env.Getenv)
	if err != nil {
		return &service.HostError{What: err.Error()}
	}
	results := doctor.Examine(ctx, &doctor.Host{
		Dirs:     dirs,
		Runner:   runcmd.Host{},
		LookPath: lookPath,
		Accel:    func(ctx context.Context) accel.Result { return wire.Accel(ctx, dirs) },
		Open:     func(ctx context.Context) (*service.Service, error) { return wire.Service(ctx, env.Getenv) },
		MemInfo:  "/proc/meminfo",

		Containers: wire.Containers,

		Firmware: []string{"/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_CODE.fd"},
	})
	if output == outputJSON {
		err = view.Document(env.Stdout, doctorReport{Ready: doctor.Ready(results), Checks: results})
	} else {
		err = showDoctor(env, results)
	}
	switch {
	case err != nil:
		return err
	case !doctor.Ready(results):
		return &shownError{ExitHost}
	}
	return nil
}

// lookPath finds a program, also in the system folders, which the PATH of an ordinary Debian user lacks.
func lookPath(program string) (string, error) {
	path, err := exec.LookPath(program)
	for _, dir := range []string{"/usr/sbin/", "/sbin/"} {
		if err == nil {
			break
		}
		path, err = exec.LookPath(dir + program)
	}
	return path, err
}

func showDoctor(env *Env, results []doctor.Result) error {
	p := env.palette(env.Stdout)
	marks := map[doctor.Status]func(string) string{doctor.OK: p.Good, doctor.Warn: p.Warn, doctor.Missing: p.Bad}
	var b strings.Builder
	for _, r := range results {
		view.Check(&b, p, marks[r.Status](string(r.Status)), r.Check, r.Found, r.Why, r.Fix)
	}
	summary := p.Good("this machine is ready to build")
	if !doctor.Ready(results) {
		summary = p.Bad("this machine is not ready to build") + "; mend what is missing and check again with: ingot doctor"
	}
	b.WriteString("\n" + summary + "\n")
	_, err := env.Stdout.Write([]byte(b.String()))
	return err
}
