package detach

import packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

type windows struct{}

func (windows) command(o order) (*packersdk.RemoteCmd, error) { return nil, &refusedError{why: "nothing is known here for WinRM", always: true} }
func (windows) base64() bool                                  { return true }
func (windows) place(ids []string) string                     { return "" }
