package qemu

import (
	"strings"
)

// What a guest reaches a metadata service by, as in Azure: a second network card, whose network has nothing else in it. The guest's own
// network cannot have the address, since QEMU forwards addresses of a card's own network alone.
const (
	metadataAddress = "169.254.169.254"
	metadataNetwork = "169.254.169.0/24"

	// MetadataMAC is how the guest finds the card.
	MetadataMAC = "52:54:00:a9:fe:fe"
	// MetadataGuest is the guest's own address there, with the length of the network's prefix. It gets it by DHCP as well.
	MetadataGuest = "169.254.169.100/24"
)

// metadataArgs make the card. With restrict the guest reaches this host in no way but by the relay, which QEMU starts in its working
// directory for each connection, with the connection as its standard input and output.
func (m hardware) metadataArgs() []string {
	if m.MetadataRelay == "" {
		return nil
	}
	return []string{
		"-netdev", "user,id=metadata,ipv6=off,restrict=on,net=" + metadataNetwork + ",host=169.254.169.2,dns=169.254.169.3," +
			"dhcpstart=169.254.169.100,guestfwd=tcp:" + metadataAddress + ":80-cmd:" + strings.ReplaceAll(m.MetadataRelay, ",", ",,"),
		"-device", m.networkCard() + ",netdev=metadata,mac=" + MetadataMAC + ",romfile=",
	}
}

// checkMetadata checks what QEMU would take apart in another way than it is meant.
func (c *Config) checkMetadata(bad func(string, ...any)) {
	if strings.ContainsAny(c.MetadataRelay, "\n\x00") {
		bad("metadata_relay has a line break in it: it is one command, as a shell takes it apart")
	}
}
