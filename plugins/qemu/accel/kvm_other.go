//go:build !(linux && amd64)

package accel

import (
	"context"
	"time"
)

func available() error { return errUnsupported }

func measure(context.Context) (time.Duration, error) { return 0, errUnsupported }
