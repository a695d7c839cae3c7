//go:build !(linux && amd64)

package accel

import (
	"context"
	"errors"
	"time"
)

var errUnsupported = errors.New("KVM is for Linux on x86-64")

func available() error { return errUnsupported }

func measure(context.Context) (time.Duration, error) { return 0, errUnsupported }
