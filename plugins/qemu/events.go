package qemu

import (
	"errors"
	"fmt"

	"github.com/digitalocean/go-qemu/qmp"
)

// errGuestOff is why a build ends whose guest powers itself off before its time.
var errGuestOff = errors.New("the guest powered itself off" +
	"\n  why:  a script, or something else in the guest, shut it down; the build does that by itself when all is done")

// eventError is what an event of QEMU means for the build that is in the middle of something: nil for nothing bad.
// The events are described in https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html.
func eventError(e qmp.Event) error {
	text := func(key string) string { s, _ := e.Data[key].(string); return s }
	switch e.Event {
	case "SHUTDOWN":
		if text("reason") == "guest-shutdown" {
			return errGuestOff
		}
	case "BLOCK_IO_ERROR":
		if text("action") != "stop" {
			return nil // the guest was told, and it is its affair
		}
		// QEMU halts the guest rather than have it lose data, and would wait for ever.
		if full, _ := e.Data["nospace"].(bool); full {
			return errors.New("the file system of output_directory is full" +
				"\n  fix:  free space there, or choose another folder")
		}
		how := map[string]string{"read": "read", "write": "written"}[text("operation")]
		return fmt.Errorf("the build VM's disk cannot be %s: %s", how, text("reason"))
	}
	return nil
}
