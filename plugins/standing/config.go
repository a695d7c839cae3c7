package standing

import (
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/common"
	"github.com/hashicorp/packer-plugin-sdk/communicator"
	"github.com/hashicorp/packer-plugin-sdk/template/config"
	"github.com/hashicorp/packer-plugin-sdk/template/interpolate"
)

// The communicators.
const (
	commSSH   = "ssh"
	commWinRM = "winrm"
)

//go:generate ../../.ci/tools/run packer-sdc mapstructure-to-hcl2 -type Config

// Config is the body of a source "ingot-standing" block.
type Config struct {
	common.PackerConfig `mapstructure:",squash"`

	Communicator string `mapstructure:"communicator"` // ssh or winrm
	Host         string `mapstructure:"host" required:"true"`
	Port         int    `mapstructure:"port"` // 0: 22, 5985 or 5986
	Username     string `mapstructure:"username" required:"true"`
	Password     string `mapstructure:"password"`
	PrivateKey   string `mapstructure:"private_key"` // PEM; with ssh

	UseSSL   bool `mapstructure:"use_ssl"`  // with winrm
	Insecure bool `mapstructure:"insecure"` // the certificate is not checked; with winrm

	// ConnectTimeout is how long the machine is waited for. 0: five minutes.
	ConnectTimeout time.Duration `mapstructure:"connect_timeout"`

	comm communicator.Config
}

// standardTimeout is enough for a machine that is up, and for one that somebody just restarted.
const standardTimeout = 5 * time.Minute

func (c *Config) prepare(raws ...any) error {
	// Nothing is interpolated: a password may have braces in it.
	if err := config.Decode(c, &config.DecodeOpts{PluginType: BuilderID}, raws...); err != nil {
		return err
	}
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Host == "" {
		bad("host is not set")
	}
	if c.Username == "" {
		bad("username is not set")
	}
	if c.Port < 0 || c.Port > 65535 {
		bad("port is %d: no port has that number", c.Port)
	}
	if c.ConnectTimeout < 0 {
		bad("connect_timeout is %s: nobody can wait that long", c.ConnectTimeout)
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = standardTimeout
	}
	switch c.Communicator {
	case commSSH:
		if c.Password == "" && c.PrivateKey == "" {
			bad("neither password nor private_key is set")
		}
		c.comm.SSH = communicator.SSH{
			SSHHost: c.Host, SSHPort: c.Port, SSHUsername: c.Username, SSHPassword: c.Password, SSHPrivateKey: []byte(c.PrivateKey),
			SSHTimeout: c.ConnectTimeout, SSHDisableAgentForwarding: true,
		}
	case commWinRM:
		if c.Password == "" {
			bad("password is not set")
		}
		c.comm.WinRM = communicator.WinRM{
			WinRMHost: c.Host, WinRMPort: c.Port, WinRMUser: c.Username, WinRMPassword: c.Password,
			WinRMTimeout: c.ConnectTimeout, WinRMUseSSL: c.UseSSL, WinRMInsecure: c.Insecure,
		}
	default:
		bad("communicator is %q: %s and %s are known", c.Communicator, commSSH, commWinRM)
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	c.comm.Type = c.Communicator
	return errors.Join(c.comm.Prepare(&interpolate.Context{})...)
}
