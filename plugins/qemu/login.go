package qemu

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/multistep"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/ssh"
)

// A guest that still boots may refuse a login for a moment; one that refuses for good must not be hammered. So the pause
// between two attempts doubles.
const (
	loginPause    = 250 * time.Millisecond
	maxLoginPause = 5 * time.Second
)

// login opens the build's SSH connection, first on the one that is open already. It gives up when ctx ends. The
// connection, and those by which the communicator replaces it after a reboot, are closed when life ends.
func (v *vm) login(ctx, life context.Context, state multistep.StateBag, open net.Conn) (
	packersdk.Communicator, error) {
	client, err := v.config.comm.SSHConfigFunc()(state)
	if err != nil {
		open.Close()
		return nil, fmt.Errorf("configure SSH: %w", err)
	}
	var conn net.Conn                                 // the one in use
	until, unbind := ctx, func() bool { return true } // bound to ctx while this waits, and to life from then on
	config := &ssh.Config{
		SSHConfig:              client,
		KeepAliveInterval:      v.config.comm.SSHKeepAliveInterval,
		DisableAgentForwarding: true, // the keys of who builds are none of the guest's business
		Connection: func() (net.Conn, error) {
			var err error
			if conn, open = open, nil; conn == nil {
				conn, err = v.dialAgain(until)
			}
			if err != nil {
				return nil, err
			}
			unbind = closeWith(until, conn)
			return conn, nil
		},
	}
	for wait := loginPause; ; wait = min(2*wait, maxLoginPause) {
		comm, err := ssh.New(v.address(), config)
		if err == nil && unbind() {
			until, unbind = life, closeWith(life, conn)
			return comm, nil
		}
		if pause(ctx, wait); ctx.Err() != nil {
			return nil, errors.Join(context.Cause(ctx), err)
		}
	}
}

// closeWith closes conn when ctx ends. The result undoes that; it is false when it came too late.
func closeWith(ctx context.Context, conn net.Conn) (undo func() bool) {
	return context.AfterFunc(ctx, func() { conn.Close() })
}

// dialAgain waits for sshd as long as for the first boot: the guest may be in the middle of a reboot.
func (v *vm) dialAgain(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, v.config.SSHTimeout,
		fmt.Errorf("sshd of the guest did not come back within %s", v.config.SSHTimeout))
	defer cancel()
	return dialBanner(ctx, v.address())
}
