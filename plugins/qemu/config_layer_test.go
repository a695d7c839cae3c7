package qemu

import (
	"strings"
	"testing"

	"github.com/hashicorp/packer-plugin-sdk/communicator/sshkey"
)

func TestConfigLayer(t *testing.T) {
	pair, err := sshkey.GeneratePair(sshkey.ED25519, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	key := string(pair.Private)
	for _, tt := range []struct {
		name string
		more map[string]any
		want string // "": it is fine
	}{
		{"a layer and its key", map[string]any{"layer": "/layers/1", "ssh_private_key": key}, ""},
		{"none, as the variables have it", map[string]any{"layer": "", "ssh_private_key": ""}, ""},
		{"a layer alone", map[string]any{"layer": "/layers/1"}, "ssh_private_key is missing"},
		{"a key alone", map[string]any{"ssh_private_key": key}, "ssh_private_key has no meaning without layer"},
		{"half a key", map[string]any{"layer": "/layers/1", "ssh_private_key": key[:80]}, "ssh_private_key is no key"},
		{"of Windows", map[string]any{"layer": "/layers/1", "ssh_private_key": key, "guest_os": "windows", "ssh_password": "p"},
			"only Linux goes on"},
		{"with a TPM", map[string]any{"layer": "/layers/1", "ssh_private_key": key, "tpm": true}, "what a TPM keeps is in no layer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := map[string]any{"source_disk": "base.qcow2", "source_format": "qcow2", "output_directory": "out"}
			for name, value := range tt.more {
				config[name] = value
			}
			err := new(Config).prepare(config)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), key[40:60]) {
				t.Errorf("the key is in %v", err)
			}
		})
	}
}
