package targettest_test

import (
	"testing"

	"github.com/ingot-build/ingot/engine/target"
	"github.com/ingot-build/ingot/engine/target/targettest"
)

func TestFake(t *testing.T) {
	targettest.Run(t, func(*testing.T) target.Target { return &targettest.Fake{} })
}
