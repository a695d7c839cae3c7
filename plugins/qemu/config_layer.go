package qemu

import (
	"strings"

	"github.com/hashicorp/packer-plugin-sdk/communicator/sshkey"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
)

// checkLayer checks what has to do with a guest that goes on from a layer, after the defaults of everything else.
func (c *Config) checkLayer(bad func(string, ...any)) {
	switch {
	case c.Layer == "" && c.SSHPrivateKey != "":
		bad("ssh_private_key has no meaning without layer: the guest of a new build gets a key of its own")
	case c.Layer == "":
	case c.windows():
		bad("layer has no meaning with guest_os %q: only Linux goes on from one", guestWindows)
	case c.TPM:
		bad("layer has no meaning with tpm: what a TPM keeps is in no layer")
	case c.SSHPrivateKey == "":
		bad("ssh_private_key is missing: the guest in the layer lets in nobody else")
	default:
		packersdk.LogSecretFilter.Set(c.SSHPrivateKey, strings.TrimSpace(c.SSHPrivateKey))
		if _, err := sshkey.PublicKeyFromPrivate([]byte(c.SSHPrivateKey)); err != nil {
			bad("ssh_private_key is no key without a password, as OpenSSH writes them: %w", err)
		}
	}
}
