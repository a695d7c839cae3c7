package wsman

import (
	"fmt"
	"strconv"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	sdk "github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/winrm"
	"github.com/masterzen/winrm"
)

// Beside is Wrap for a connection that another process made, where nothing of it is known but what Packer tells: the values of build.*,
// and which settings of the builder's are true. It logs in by itself, to the same service as the same user.
func Beside(
	comm packersdk.Communicator, build map[string]any, set func(name string) bool, note func(string),
) (packersdk.Communicator, error) {
	text := func(name string) string {
		if build[name] == nil {
			return ""
		}
		return fmt.Sprint(build[name]) // numbers come as one kind or another
	}
	port, err := strconv.Atoi(text("Port"))
	if err != nil || text("Host") == "" {
		return nil, fmt.Errorf("the builder does not say where the guest is: host %q, port %q", text("Host"), text("Port"))
	}
	config := &sdk.Config{Host: text("Host"), Port: port, Username: text("User"), Password: text("Password"),
		Https: set("winrm_use_ssl"), Insecure: set("winrm_insecure")}
	switch ntlm := set("winrm_use_ntlm"); {
	case set("winrm_no_proxy"):
		config.TransportDecorator = WithoutProxy(ntlm)
	case ntlm:
		config.TransportDecorator = func() winrm.Transporter { return &winrm.ClientNTLM{} }
	}
	return Wrap(comm, config, note)
}
