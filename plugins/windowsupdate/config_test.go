package windowsupdate

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/plugins/provtest"
)

func TestConfig(t *testing.T) {
	for _, tc := range []struct {
		name, config string
		want         Config
	}{
		{"defaults", "", Config{
			SearchCriteria: "BrowseOnly=0 and IsInstalled=0", Filters: []string{"include:$true"}, UpdateLimit: 1000,
			UpdateMaxRetries: 5, RestartTimeout: 4 * time.Hour, Username: "SYSTEM", filters: []filter{{true, "$true"}},
		}},
		{"all keys", `
			search_criteria    = "IsInstalled=0"
			filters            = ["exclude:$_.Title -like '*{{\"{{\"}}Preview}}: x*'", "include:$true"]
			update_limit       = 20
			update_max_retries = 1
			restart_timeout    = "90m"
			username           = "packer"
			password           = "a word"`, Config{
			SearchCriteria: "IsInstalled=0", Filters: []string{"exclude:$_.Title -like '*{{Preview}}: x*'", "include:$true"},
			UpdateLimit: 20, UpdateMaxRetries: 1, RestartTimeout: 90 * time.Minute, Username: "packer", Password: "a word",
			filters: []filter{{false, "$_.Title -like '*{{Preview}}: x*'"}, {true, "$true"}},
		}},
		{"filters that decide nothing", `filters = ["$_.BrowseOnly", "skip:$true"]`, Config{
			SearchCriteria: "BrowseOnly=0 and IsInstalled=0", Filters: []string{"$_.BrowseOnly", "skip:$true"}, UpdateLimit: 1000,
			UpdateMaxRetries: 5, RestartTimeout: 4 * time.Hour, Username: "SYSTEM", filters: []filter{},
			ignored: []string{"$_.BrowseOnly", "skip:$true"},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &provisioner{}
			for range 2 { // the core prepares twice
				if err := p.Prepare(provtest.Decode(t, p, tc.config)); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tc.want, p.config, cmp.AllowUnexported(Config{}, filter{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestConfigComplaints(t *testing.T) {
	for _, tc := range []struct{ name, config, want string }{
		{"no expression", `filters = ["include: "]`, "a PowerShell expression is missing"},
		{"a limit below nothing", `update_limit = -1`, "update_limit is -1"},
		{"retries below none", `update_max_retries = -1`, "update_max_retries is -1"},
		{"a timeout in the past", `restart_timeout = "-1h"`, "restart_timeout is -1h0m0s"},
		{"a timeout without a unit", `restart_timeout = "60"`, "missing unit in duration"},
		{"two at once", `
			update_limit = -1
			filters      = ["include:"]`, "filters[0]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &provisioner{}
			err := p.Prepare(provtest.Decode(t, p, tc.config))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want it to say %q", err, tc.want)
			}
		})
	}
}
