package container

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	RunIfSupervisor()
	if os.Getenv(makerVariable) != "" {
		maker()
	}
	os.Exit(m.Run())
}
