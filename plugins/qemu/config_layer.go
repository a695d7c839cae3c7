package qemu

import "github.com/ingot-build/ingot/plugins/machine"

// checkLayer checks what has to do with a guest that goes on from a layer, after the defaults of everything else.
func (c *Config) checkLayer(bad func(string, ...any)) {
	switch {
	case c.Layer != "" && c.windows():
		bad("layer has no meaning with guest_os %q: only Linux goes on from one", guestWindows)
	case c.Layer != "" && c.TPM:
		bad("layer has no meaning with tpm: what a TPM keeps is in no layer")
	default:
		machine.CheckLayer(bad, c.Layer, c.SSHPrivateKey)
	}
}
