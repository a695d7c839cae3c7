package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/wire"
	"github.com/ingot-build/ingot/engine/imds"
)

// newMetadataRelay is what QEMU starts for a connection of a guest to its metadata service. Nobody types it.
func newMetadataRelay(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: wire.RelayCommand + " SOCKET", Short: "carry a connection of a build VM to its metadata service", Hidden: true,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			err := imds.Relay(args[0], guestStream{env.Stdin, env.Stdout})
			if err != nil {
				// The guest reads what is written here, and it waits for HTTP.
				text := "the build that this VM is of does not run any more: " + err.Error()
				_, _ = fmt.Fprintf(env.Stdout, "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
				return &shownError{ExitFailed}
			}
			return nil
		},
	}
}

// guestStream is a connection that comes as two streams.
type guestStream struct {
	io.Reader
	io.Writer
}
