// Accept tries Ingot in real Azure: the one thing that no emulator can show. It makes a resource group of its own, with a gallery in it;
// builds a small Linux image to a managed image and to the gallery; has a second build fail; runs "ingot clean --on azure"; looks by tag
// whether anything of both runs is left; and deletes its group.
//
// Usage: accept INGOT
//
// Without credentials it says so, and does nothing. Before it does anything that costs, it says what that is, and wants
// INGOT_ACCEPT=yes in the environment. AZURE_SUBSCRIPTION_ID says where, AZURE_LOCATION in which region.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/service"
)

// ConsentVariable has to be "yes".
const consentVariable = "INGOT_ACCEPT"

// price is what is said before anything is done. The parts are what is made, so that anybody can look up the price of today.
const price = `This builds two images in subscription %s, in %s, signed in as %s:
  two virtual machines Standard_B2s, one after the other, 5 to 10 minutes each
  their OS disks (30 GiB, standard HDD or as the size has it), a snapshot, a managed image, an image version with one replica: for minutes
  two public addresses for the same time, and what little the network takes
At list prices that is a few cents, less than 0.10 USD. It takes 20 to 40 minutes. All of it is deleted again, with the resource
group %s that it is done for; if this program is killed: az group delete --name %s, and ingot clean --on azure.
`

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: accept INGOT")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, ingot string, out io.Writer) error {
	account, err := wire.AzureAccount(ctx, os.Getenv, "", "")
	var host *service.HostError
	if errors.As(err, &host) {
		fmt.Fprintf(out, "skipped: nothing was tried in real Azure: %s\n", host.What)
		for _, more := range []string{host.Why, host.Fix} {
			if more != "" {
				fmt.Fprintln(out, "  "+more)
			}
		}
		return nil
	}
	if err != nil {
		return err
	}
	t, err := newTrial(account, ingot, cmp.Or(os.Getenv(wire.LocationVariable), "westeurope"), out)
	if err != nil {
		return err
	}
	defer t.close()
	fmt.Fprintf(out, price, account.Subscription, t.location, account.Who, t.group, t.group)
	if os.Getenv(consentVariable) != "yes" {
		fmt.Fprintf(out, "nothing was done: set %s=yes if that is well\n", consentVariable)
		return nil
	}
	begun := time.Now()
	err = t.all(ctx)
	if err == nil {
		fmt.Fprintf(out, "accepted, in %s\n", time.Since(begun).Round(time.Second))
	}
	return err
}
