package detach

import (
	"testing"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
)

// BenchmarkEmpty is what a command costs that does nothing: directly, and detached.
func BenchmarkEmpty(b *testing.B) {
	run := func(b *testing.B, comm packersdk.Communicator, line string) {
		for b.Loop() {
			cmd := &packersdk.RemoteCmd{Command: line}
			if err := comm.Start(b.Context(), cmd); err != nil {
				b.Fatal(err)
			}
			if exit := cmd.Wait(); exit != 0 {
				b.Fatalf("exit code %d", exit)
			}
		}
	}
	b.Run("SSH", func(b *testing.B) {
		address, key := sshd(b)
		inner := overSSH(b, address, key)
		b.Run("directly", func(b *testing.B) { run(b, inner, "true") })
		b.Run("detached", func(b *testing.B) {
			c := New(b.Context(), inner, Options{Dialect: Shell})
			defer c.Close()
			run(b, c, "true")
		})
	})
	b.Run("WinRM", func(b *testing.B) {
		inner, _, _ := windowsGuest(b, winguest.New(winUser, winPassword))
		b.Run("directly", func(b *testing.B) { run(b, inner, "rem") })
		b.Run("detached", func(b *testing.B) {
			c := New(b.Context(), inner, Options{Dialect: Windows})
			defer c.Close()
			run(b, c, "rem")
		})
	})
}
