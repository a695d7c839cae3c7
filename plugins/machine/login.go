package machine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/communicator"
	"github.com/hashicorp/packer-plugin-sdk/multistep"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/ssh"
)

// A guest that still boots may refuse a login for a moment; one that refuses for good must not be hammered. So the pause
// between two attempts doubles.
const (
	loginPause    = 250 * time.Millisecond
	MaxLoginPause = 5 * time.Second // between two attempts
)

// SSH is the way into a guest by SSH.
type SSH struct {
	Config   *communicator.Config
	Address  string        // host:port; it stays the same when the guest reboots
	Patience time.Duration // until sshd is back after a reboot
	Between  time.Duration // two knocks at a guest that is not up yet

	// Greet, unless it is nil, waits for the first greeting in place of DialBanner.
	Greet func(context.Context) (net.Conn, error)
}

// SSHConfig is the SDK's form of the way in. The password is "" where a key does.
func SSHConfig(user, password string, patience time.Duration) communicator.Config {
	return communicator.Config{Type: "ssh", SSH: communicator.SSH{
		SSHHost: Loopback, SSHUsername: user, SSHPassword: password, SSHTimeout: patience,
		// curve25519 comes first: on an emulated CPU it makes the handshake tens of milliseconds shorter than the
		// others.
		SSHKEXAlgos: []string{"curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256"},
	}}
}

// Checks are those of a guest that is reached by SSH: it answers, and lets the user in. The connection is put into comm, and lives as
// long as life. The hints say what may be wrong with a guest that does not answer, and with one that lets nobody in. way gives what is
// known only when the guest was started.
func Checks(life context.Context, state multistep.StateBag, user string, way func() SSH, comm *packersdk.Communicator,
	silent, refused string) []Check {
	var greeted net.Conn // answered, and not yet logged in on
	return []Check{
		{
			What: "sshd answers on the forwarded port",
			Hint: silent,
			Probe: func(ctx context.Context) (err error) {
				greeted, err = way().greet(ctx)
				return err
			},
		},
		{
			What: fmt.Sprintf("user %q can log in", user),
			Hint: refused,
			Probe: func(ctx context.Context) (err error) {
				*comm, err = way().login(ctx, life, state, greeted)
				return err
			},
		},
	}
}

// greet waits for the guest's sshd.
func (s SSH) greet(ctx context.Context) (net.Conn, error) {
	if s.Greet != nil {
		return s.Greet(ctx)
	}
	return DialBanner(ctx, s.Address, s.Between)
}

// login opens the build's SSH connection, first on the one that is open already. It gives up when ctx ends. The
// connection, and those by which the communicator replaces it after a reboot, are closed when life ends.
func (s SSH) login(ctx, life context.Context, state multistep.StateBag, open net.Conn) (
	packersdk.Communicator, error) {
	client, err := s.Config.SSHConfigFunc()(state)
	if err != nil {
		open.Close()
		return nil, fmt.Errorf("configure SSH: %w", err)
	}
	var conn net.Conn                                 // the one in use
	until, unbind := ctx, func() bool { return true } // bound to ctx while this waits, and to life from then on
	config := &ssh.Config{
		SSHConfig:              client,
		KeepAliveInterval:      s.Config.SSHKeepAliveInterval,
		DisableAgentForwarding: true, // the keys of who builds are none of the guest's business
		Connection: func() (net.Conn, error) {
			var err error
			if conn, open = open, nil; conn == nil {
				conn, err = s.dialAgain(until)
			}
			if err != nil {
				return nil, err
			}
			unbind = closeWith(until, conn)
			return conn, nil
		},
	}
	for wait := loginPause; ; wait = min(2*wait, MaxLoginPause) {
		comm, err := ssh.New(s.Address, config)
		if err == nil && unbind() {
			until, unbind = life, closeWith(life, conn)
			return comm, nil
		}
		if Pause(ctx, wait); ctx.Err() != nil {
			return nil, errors.Join(context.Cause(ctx), err)
		}
	}
}

// closeWith closes conn when ctx ends. The result undoes that; it is false when it came too late.
func closeWith(ctx context.Context, conn net.Conn) (undo func() bool) {
	return context.AfterFunc(ctx, func() { conn.Close() })
}

// dialAgain waits for sshd as long as for the first boot: the guest may be in the middle of a reboot.
func (s SSH) dialAgain(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.Patience,
		fmt.Errorf("sshd of the guest did not come back within %s", s.Patience))
	defer cancel()
	return DialBanner(ctx, s.Address, s.Between)
}
