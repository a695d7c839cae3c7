package imds

// The network card by which a build VM on this machine reaches the service, as plugins/qemu makes it: a test there compares them.
const (
	CardMAC     = "52:54:00:a9:fe:fe"
	CardAddress = "169.254.169.100/24" // of the guest; it may have got it by DHCP already
)
