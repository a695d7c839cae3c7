// Package detach lets a command outlive the session that started it. It wraps the communicator of a builder: a command
// is started on the guest by itself, with its output and its exit code on the guest's disk, and is followed from there.
// When the connection is lost, the command goes on; the wrapper connects again and reads on at the byte where it
// stopped.
//
// The provisioners above know nothing of it. What they get is what the command line would have given by itself: the
// same shell, the same environment and working directory, every byte of standard output and of standard error, the exit
// code. These differ:
//
//   - Where the two streams meet is told by a clock of some hundredths of a second, and not by the guest's writes.
//   - What a command leaves in the background does not hold up its end. What that writes later is nobody's.
//   - The command has no standard input and no terminal. One that is given either is run without a wrapper, and so is
//     one on a guest that cannot detach; a note says so.
//   - A forwarded SSH agent is gone with the session that started the command.
//
// One that dies without an exit code, by a restart of the guest or because something killed what watches it, ends with
// packersdk.CmdDisconnect, as one does whose connection is lost without this package.
package detach
