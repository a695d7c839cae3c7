package qemu

import (
	"context"
	"net"
	"time"

	"github.com/ingot-build/ingot/plugins/machine"
)

// wakeKnock is how long a guest whose memory was read has for a greeting, before it is asked again.
const wakeKnock = 10 * time.Second

// way is the way into the guest by SSH. The sshd of a guest which goes on from a layer runs already, so one knock does: a second one is
// another process that an emulated CPU starts before it comes to the first.
func (v *vm) way() machine.SSH {
	way := machine.SSH{Config: &v.config.comm, Address: v.address(), Patience: v.config.SSHTimeout, Between: machine.KnockPause}
	if v.layer != nil && v.layer.awake {
		way.Greet = v.knockOnce
	}
	return way
}

func (v *vm) knockOnce(ctx context.Context) (net.Conn, error) {
	for {
		conn, err := machine.Knock(ctx, v.address(), wakeKnock)
		if err == nil {
			return conn, nil
		}
		if machine.Pause(ctx, machine.KnockPause); ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}
