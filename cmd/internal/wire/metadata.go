package wire

import (
	"context"
	"fmt"
	"os"

	"github.com/ingot-build/ingot/engine/azureid"
	"github.com/ingot-build/ingot/engine/imds"
	"github.com/ingot-build/ingot/engine/service"
)

// RelayCommand is the command of this program that QEMU runs for each connection of a build VM to its metadata service.
const RelayCommand = "metadata-relay"

// answers lets build VMs be answered by this process. Its program is named by the process, so that QEMU starts this very one, also when
// its file was replaced since, or lies under a name with a space. The first process of a container runs the same program.
func answers(who *azureid.Chain) service.Answering {
	return service.Answering{
		Relay:  fmt.Sprintf("/proc/%d/exe %s %s", os.Getpid(), RelayCommand, imds.SocketName),
		Within: fmt.Sprintf("/proc/1/exe %s %s", RelayCommand, imds.SocketName),
		Tokens: func(ctx context.Context, scope string) (imds.Token, error) {
			t, err := who.Token(ctx, scope, "")
			return imds.Token{Value: t.Value, Expires: t.Expires, Who: t.Who}, err
		},
	}
}
