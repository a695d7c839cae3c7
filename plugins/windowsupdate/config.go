package windowsupdate

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/common"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/template/config"
	"github.com/hashicorp/packer-plugin-sdk/template/interpolate"
)

//go:generate ../../.ci/tools/run packer-sdc mapstructure-to-hcl2 -type Config

// Config is the body of a provisioner "windows-update" block. The names are those of the community's plugin, so that one template
// runs with either.
type Config struct {
	common.PackerConfig `mapstructure:",squash"`

	// SearchCriteria is what Windows Update is asked for. Default: what a person would be offered and does not have.
	// Reference: https://learn.microsoft.com/windows/win32/api/wuapi/nf-wuapi-iupdatesearcher-search
	SearchCriteria string `mapstructure:"search_criteria"`
	// Filters are include:EXPRESSION and exclude:EXPRESSION, in PowerShell, with the update as $_. The first whose expression is
	// true decides; an update that none decides about is not installed. Default: include:$true.
	Filters []string `mapstructure:"filters"`
	// UpdateLimit is how many updates are installed between two restarts. Default 1000.
	UpdateLimit int `mapstructure:"update_limit"`
	// UpdateMaxRetries is how many passes in a row may fail before the build does. Default 5.
	UpdateMaxRetries int `mapstructure:"update_max_retries"`
	// RestartTimeout is the longest a restart may take, with all that Windows does before and after it. Default 4 h.
	RestartTimeout time.Duration `mapstructure:"restart_timeout"`
	// Username and Password are whose scheduled task looks for updates. Default: SYSTEM, which has no password.
	Username string `mapstructure:"username"`
	Password string `mapstructure:"password"`

	filters []filter
	ignored []string // of Filters: those that decide nothing
}

// filter is one of Config.Filters, taken apart.
type filter struct {
	Include    bool   `json:"include"`
	Expression string `json:"expression"`
}

// prepare decodes raws into c, fills in what was left out and checks the rest. The error joins everything that is wrong.
func (c *Config) prepare(raws ...any) error {
	// The community's plugin renders strings as Go templates, so what is written for either has its "{{" escaped.
	opts := &config.DecodeOpts{PluginType: "windows-update", Interpolate: true, InterpolateContext: &interpolate.Context{}}
	if err := config.Decode(c, opts, raws...); err != nil {
		return err
	}
	setDefault(&c.SearchCriteria, "BrowseOnly=0 and IsInstalled=0")
	setDefault(&c.UpdateLimit, 1000)
	setDefault(&c.UpdateMaxRetries, 5)
	setDefault(&c.RestartTimeout, 4*time.Hour)
	setDefault(&c.Username, "SYSTEM")
	if len(c.Filters) == 0 {
		c.Filters = []string{"include:$true"}
	}
	packersdk.LogSecretFilter.Set(c.Password)

	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	c.filters, c.ignored = []filter{}, nil
	for i, text := range c.Filters {
		action, expression, _ := strings.Cut(text, ":")
		switch {
		case action != "include" && action != "exclude":
			c.ignored = append(c.ignored, text) // the community's plugin takes it, and it decides nothing
			continue
		case strings.TrimSpace(expression) == "":
			bad("filters[%d] is %q: a PowerShell expression is missing after it, such as $_.Title -like '*Defender*'", i, text)
		}
		c.filters = append(c.filters, filter{Include: action == "include", Expression: expression})
	}
	if c.UpdateLimit < 0 {
		bad("update_limit is %d: it must not be negative", c.UpdateLimit)
	}
	if c.UpdateMaxRetries < 0 {
		bad("update_max_retries is %d: it must not be negative", c.UpdateMaxRetries)
	}
	if c.RestartTimeout < 0 {
		bad("restart_timeout is %s: it must not be negative", c.RestartTimeout)
	}
	return errors.Join(errs...)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
