package cli

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/azurite"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/simdir"
)

// azureSimOptions are the flags of azure-sim.
type azureSimOptions struct {
	listen, listenHTTP string
	guest, azurite     string
	guestDisk          string
	guestMemory        int
	sshPort            int
	secret             string
	pace, replication  time.Duration
	tokens             time.Duration
	pageSize           int
	faults, denied     []string
	role               string
	output             string
}

func newAzureSim(env *Env) *cobra.Command {
	var o azureSimOptions
	cmd := &cobra.Command{
		Use:   "azure-sim",
		Short: "emulate the part of Azure that images are built in, on this machine",
		Long: `Emulate Azure Resource Manager, sign-in, key vaults and storage accounts on loopback addresses, until Ctrl-C: for
trying out Packer templates and scripts that use Azure, and what becomes of them when something goes wrong. Nothing
leaves this machine, and nothing is kept.

Standard output has the environment that other programs need, as shell commands. In it they reach the emulator and
nobody else: it is their proxy, too. Virtual machines are light guests by default: an SSH server each, on a loopback
address of its own, with a shell that runs nothing of this machine; docs/azure-sim.md says which commands it has. With
--guest qemu they are QEMU machines that start from a base image. Blobs need Azurite (--azurite).

A fault is a rule in one line: a method, a path, and what goes wrong.`,
		Example: `  ingot azure-sim > azure.env               # in one terminal
  . ./azure.env && packer build .           # in another
  ingot azure-sim --fault 'PUT */images/* status=409 code=Conflict' --fault 'GET * nth=7 drop'
  ingot azure-sim --guest qemu --guest-disk debian-12 --ssh-port 2222
  ingot azure-sim --replication 30s --fault 'PUT */versions/* region=eastus code=Busy'
  ingot azure-sim --deny Microsoft.Compute/images/write --listen 127.0.0.1:8443`,
		Args: args(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runAzureSim(cmd.Context(), env, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "loopback `address` for HTTPS; port 0 is a free one")
	f.StringVar(&o.listenHTTP, "listen-http", "127.0.0.1:0", "loopback `address` for HTTP, which is the proxy as well")
	addChoice(cmd, &o.guest, "guest", "what runs in the place of virtual machines: light, qemu or none", "light", "qemu", "none")
	f.StringVar(&o.guestDisk, "guest-disk", "debian-12", "base `image` that QEMU guests start from, or the path of a disk")
	f.IntVar(&o.guestMemory, "guest-memory", 1024, "memory of a QEMU guest in `MiB`")
	f.IntVar(&o.sshPort, "ssh-port", 22, "where guests listen; another `port` than 22 needs ssh_port in the Packer template")
	f.StringVar(&o.azurite, "azurite", "", "`program` azurite-blob, which keeps the blobs of storage accounts")
	f.StringVar(&o.secret, "client-secret", "", "the only `secret` that service principals sign in with; any without it")
	f.DurationVar(&o.pace, "pace", 0, "how long every long operation takes, beside its work")
	f.DurationVar(&o.replication, "replication", 0, "how long image versions are replicated")
	f.DurationVar(&o.tokens, "token-lifetime", time.Hour, "how long tokens are taken")
	f.IntVar(&o.pageSize, "page-size", 0, "how many `elements` of a list are on a page; 0: all are")
	f.StringArrayVar(&o.faults, "fault", nil, "`rule` by which something goes wrong; may be repeated")
	f.StringArrayVar(&o.denied, "deny", nil, "`action` that nobody has the permission for, as ACTION or ACTION@SCOPE; may be repeated")
	f.StringVar(&o.role, "role", "", "`file` with a role, as preflight --write-role writes it: who calls has its permissions, and no others")
	addOutput(cmd, &o.output)
	return cmd
}

func runAzureSim(ctx context.Context, env *Env, o azureSimOptions) error {
	options, err := o.options()
	if err != nil {
		return err
	}
	own, err := simdir.Make("")
	if err != nil {
		return &service.HostError{What: err.Error()}
	}
	defer own.Close()
	options.Dir = own.Path
	if options.Machines, err = o.machines(ctx, env, own.Path); err != nil {
		return err
	}
	if o.azurite != "" {
		blobs, err := azurite.Start(ctx, o.azurite, own.Path)
		if err != nil {
			return &service.HostError{What: err.Error(), Fix: "npm install azurite; the program is node_modules/.bin/azurite-blob"}
		}
		defer blobs.Close()
		options.Blobs = blobs.Blobs()
	}
	sim, err := azuresim.Start(options)
	if err != nil {
		return &service.HostError{What: err.Error(), Fix: "give a free loopback address with --listen and --listen-http"}
	}
	err = showAzureSim(env, sim, o.output)
	if err == nil {
		<-ctx.Done()
		err = env.say("the emulated Azure ends, with all that was in it")
	}
	if closed := sim.Close(); err == nil {
		err = closed
	}
	return err
}

// options are those of the emulator.
func (o *azureSimOptions) options() (azuresim.Options, error) {
	options := azuresim.Options{ClientSecret: o.secret, Pace: o.pace, Replication: o.replication, TokenLifetime: o.tokens,
		PageSize: o.pageSize}
	if o.tokens <= 0 || o.pageSize < 0 {
		return options, &usageError{what: fmt.Sprintf("--token-lifetime %s and --page-size %d do not fit", o.tokens, o.pageSize),
			why: "a token lives for a while, and a page has no negative length", fix: "for example --token-lifetime 5m --page-size 50"}
	}
	for _, a := range []struct {
		flag, given string
		to          *netip.AddrPort
	}{{"listen", o.listen, &options.Addr}, {"listen-http", o.listenHTTP, &options.HTTP}} {
		addr, err := netip.ParseAddrPort(a.given)
		if err != nil || !addr.Addr().IsLoopback() {
			return options, &usageError{what: fmt.Sprintf("--%s %q is no loopback address with a port", a.flag, a.given),
				why: "anybody could use an emulator that listens elsewhere", fix: "for example --" + a.flag + " 127.0.0.1:8443"}
		}
		*a.to = addr
	}
	if o.sshPort < 1 || o.sshPort > 65535 {
		return options, &usageError{what: fmt.Sprintf("--ssh-port %d is no port", o.sshPort), fix: "for example --ssh-port 2222"}
	}
	if o.guestMemory < 128 {
		return options, &usageError{what: fmt.Sprintf("--guest-memory %d is too little to boot", o.guestMemory), fix: "128 or more, in MiB"}
	}
	for _, line := range o.faults {
		fault, err := azuresim.ParseFault(line)
		if err != nil {
			return options, &usageError{what: err.Error(), fix: "see: ingot azure-sim --help, and docs/azure-sim.md"}
		}
		options.Faults = append(options.Faults, fault)
	}
	for _, d := range o.denied {
		action, scope, _ := strings.Cut(d, "@")
		options.Denied = append(options.Denied, azuresim.Denial{Action: action, Scope: scope})
	}
	if o.role != "" {
		granted, denied, err := grants(o.role)
		if err != nil {
			return options, err
		}
		options.Granted, options.Denied = granted, append(options.Denied, denied...)
	}
	return options, nil
}

// azureSimReport is the JSON form of what is printed.
type azureSimReport struct {
	URL          string            `json:"url"`
	PlainURL     string            `json:"plainUrl"`
	Cloud        string            `json:"cloud"`
	CAFile       string            `json:"caFile"`
	Subscription string            `json:"subscriptionId"`
	Tenant       string            `json:"tenantId"`
	Environment  map[string]string `json:"environment"`
}

func showAzureSim(env *Env, sim *azuresim.Sim, output string) error {
	report := azureSimReport{
		URL: sim.URL(), PlainURL: sim.PlainURL(), Cloud: azuresim.Cloud, CAFile: sim.CAFile(),
		Subscription: azuresim.DefaultSubscription, Tenant: azuresim.DefaultTenant, Environment: map[string]string{},
	}
	var b strings.Builder
	for _, variable := range sim.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		report.Environment[name] = value
		fmt.Fprintf(&b, "export %s='%s'\n", name, value)
	}
	if output == outputJSON {
		return view.Document(env.Stdout, report)
	}
	if _, err := env.Stdout.Write([]byte(b.String())); err != nil {
		return err
	}
	return env.say(fmt.Sprintf("Azure is emulated at %s until Ctrl-C; its cloud_environment_name is %q", sim.URL(), azuresim.Cloud))
}
