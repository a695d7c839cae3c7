package build_test

import (
	"io"
	"log"
	"os"
	"testing"
)

// TestMain keeps Packer's own log, which its provisioners write to the default logger, out of the tests' output.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	os.Exit(m.Run())
}
