package qemu

import (
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/imds"
)

// The engine sets up in the guest the very card that is made here.
func TestMetadataCard(t *testing.T) {
	if MetadataMAC != imds.CardMAC || MetadataGuest != imds.CardAddress {
		t.Errorf("the card is %s with %s here, and %s with %s in the engine", MetadataMAC, MetadataGuest, imds.CardMAC, imds.CardAddress)
	}
	args := strings.Join(hardware{MetadataRelay: "r"}.metadataArgs(), " ")
	address, _, _ := strings.Cut(imds.CardAddress, "/")
	for _, want := range []string{"mac=" + imds.CardMAC + ",", "dhcpstart=" + address + ",", "restrict=on"} {
		if !strings.Contains(args, want) {
			t.Errorf("%q is not in %s", want, args)
		}
	}
}

// A machine with the card is another one than a machine without, and the same with another relay.
func TestMetadataFingerprint(t *testing.T) {
	without := hardware{Accel: accelTCG}
	with, other := without, without
	with.MetadataRelay, other.MetadataRelay = "/proc/1/exe relay a", "/proc/2/exe relay a"
	if with.fingerprint() != other.fingerprint() || with.fingerprint() == without.fingerprint() {
		t.Error("layers are told apart by the wrong thing")
	}
}

// A comma in the command is no end of QEMU's option.
func TestMetadataComma(t *testing.T) {
	args := strings.Join(hardware{MetadataRelay: "/opt/a,b/ingot relay"}.metadataArgs(), " ")
	if !strings.Contains(args, "-cmd:/opt/a,,b/ingot relay ") {
		t.Error(args)
	}
}

func TestMetadataConfig(t *testing.T) {
	var c Config
	err := c.prepare(map[string]any{"source_disk": "/b", "source_format": "raw", "output_directory": "/o", "ssh_username": "u",
		"metadata_relay": "relay\n-device x"})
	if err == nil || !strings.Contains(err.Error(), "metadata_relay has a line break") {
		t.Errorf("got %v", err)
	}
}
