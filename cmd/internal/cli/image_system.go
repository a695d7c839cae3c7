package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ingot-build/ingot/engine/guest"
)

// windowsOptions are the flags of "image add" about a disk with Windows.
type windowsOptions struct {
	profile                   guest.Profile
	login                     guest.Login
	passwordEnv, passwordFile string
}

// windowsFlags are the flags that have no meaning with Linux, and loginFlags those that have none without --user.
var (
	windowsFlags = []string{"devices", "firmware", "secure-boot", "tpm", "user"}
	loginFlags   = []string{"communicator", "password-env", "password-file", "winrm-http", "winrm-basic"}
)

func (w *windowsOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	addChoice(cmd, &w.profile.Devices, "devices", "Windows: disk and network card; virtio needs its drivers in the disk", guest.Emulated, guest.Virtio)
	addChoice(cmd, &w.profile.Firmware, "firmware", "Windows: what it starts by; auto goes by the disk", "auto", guest.BIOS, guest.UEFI)
	f.BoolVar(&w.profile.SecureBoot, "secure-boot", false, "Windows: start with secure boot, with Microsoft's keys")
	f.BoolVar(&w.profile.TPM, "tpm", false, "Windows: give it a TPM 2.0, by swtpm")
	f.StringVar(&w.login.User, "user", "", "Windows: administrator in it who may log in (default: the first boot makes one)")
	addChoice(cmd, &w.login.Communicator, "communicator", "with --user: how that user logs in", guest.WinRM, guest.SSH)
	f.StringVar(&w.passwordEnv, "password-env", "", "with --user: `NAME` of the environment variable with the password (default: it is asked for)")
	f.StringVar(&w.passwordFile, "password-file", "", "with --user: `FILE` whose first line is the password")
	f.BoolVar(&w.login.HTTP, "winrm-http", false, "with --user: WinRM listens on port 5985, without TLS")
	f.BoolVar(&w.login.Basic, "winrm-basic", false, "with --user: log in to WinRM by Basic instead of NTLM")
}

// machine gives the profile that the flags describe, with the password.
func (w *windowsOptions) machine(cmd *cobra.Command, env *Env, system string) (guest.Profile, error) {
	given := func(names []string) (string, bool) {
		i := slices.IndexFunc(names, cmd.Flags().Changed)
		if i < 0 {
			return "", false
		}
		return names[i], true
	}
	if system != "windows" {
		if name, ok := given(append(slices.Clone(windowsFlags), loginFlags...)); ok {
			return guest.Profile{}, &usageError{what: fmt.Sprintf("--%s is about a disk with Windows", name), fix: "add --os windows, or leave it out"}
		}
		return guest.Profile{}, nil
	}
	p := w.profile
	if p.Firmware == "auto" {
		p.Firmware = ""
	}
	if w.login.User == "" {
		if name, ok := given(loginFlags); ok {
			return guest.Profile{}, &usageError{what: fmt.Sprintf("--%s is about a user of the disk, and none is named", name),
				fix: "add --user NAME; or leave it out for a disk that was generalized, whose first boot makes the user"}
		}
	} else {
		p.Login = &w.login
	}
	if fault := p.Fault(); fault != "" {
		return guest.Profile{}, &usageError{what: fault, fix: "leave one of the two out"}
	}
	if p.Login == nil {
		return p, nil
	}
	var err error
	p.Login.Password, err = w.password(env)
	return p, err
}

// password is never a flag: other users of the machine see those. It is asked for where nothing else was said.
func (w *windowsOptions) password(env *Env) (secret string, err error) {
	switch {
	case w.passwordEnv != "" && w.passwordFile != "":
		return "", &usageError{what: "--password-env and --password-file both say where the password is", fix: "leave one of the two out"}
	case w.passwordEnv != "":
		if secret = env.Getenv(w.passwordEnv); secret == "" {
			return "", &usageError{what: fmt.Sprintf("--password-env: the environment has no %q", w.passwordEnv), fix: "export it"}
		}
	case w.passwordFile != "":
		text, err := os.ReadFile(w.passwordFile)
		if err != nil {
			return "", fmt.Errorf("--password-file: %w", err)
		}
		secret, _, _ = strings.Cut(string(text), "\n")
		if secret = strings.TrimSuffix(secret, "\r"); secret == "" {
			return "", &usageError{what: fmt.Sprintf("--password-file: the first line of %q is empty", w.passwordFile), fix: "write the password there"}
		}
	default:
		return w.ask(env)
	}
	return secret, nil
}

// ask reads the password from the terminal, which does not show it.
func (w *windowsOptions) ask(env *Env) (string, error) {
	terminal, ok := env.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		return "", &usageError{what: fmt.Sprintf("the password of %q is not known, and there is no terminal to ask on", w.login.User),
			fix: "name where it is: --password-env NAME or --password-file FILE"}
	}
	if _, err := fmt.Fprintf(env.Stderr, "password of %q in the disk: ", w.login.User); err != nil {
		return "", err
	}
	text, err := term.ReadPassword(int(terminal.Fd()))
	if _, werr := fmt.Fprintln(env.Stderr); err == nil {
		err = werr
	}
	if err == nil && len(text) == 0 {
		return "", &usageError{what: "the password is empty", fix: "WinRM and OpenSSH let nobody in without one"}
	}
	return string(text), err
}
