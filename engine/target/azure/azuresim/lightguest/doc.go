// Package lightguest has build VMs for the emulated Azure that are no machines: each is an SSH server on a loopback
// address of its own, with a folder for a disk, and a shell that is part of this program.
//
// Nothing of the host is run or touched. The shell is a POSIX shell and knows bash's ways (mvdan.cc/sh); the commands
// that it finds are those in commands.go, and every other one is "not found", with exit code 127, as on a machine
// where it is not installed. So scripts of shell and file provisioners do what they say as long as they copy, write
// and test, and fail where they install. A guest is there in milliseconds.
package lightguest
