// Package diskdiff tells what is different between two disks of Linux machines: files, packages, services, accounts, sockets, what is
// outside the root file system, and which folders grew. It reads the disks; nothing is booted, mounted or written.
//
//	a, err := diskdiff.Open("before.vhd")
//	b, err := diskdiff.Open("after.qcow2")
//	report, err := diskdiff.Compare(ctx, a, b)
//
// A disk is a raw one, a VHD of fixed size, or a qcow2 with all that it is backed by; its partitions are told by a GPT or an MBR; its root
// file system is ext4. Anything else is an *UnreadableError that says what was found. A file is taken for unchanged without a look at its
// bytes where inode, size and times are the same: two disks that come of one base share nearly all of them.
package diskdiff
