package detach

import (
	"io"
	"log"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // Packer's communicators write every command line
	os.Exit(m.Run())
}
