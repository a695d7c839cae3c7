package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

const (
	resourceGroupAPI = "2024-03-01"
	diskAPI          = "2024-03-02"
	asleep           = `{"type": "Shell", "name": "slow", "inline": ["echo asleep", "sleep 600"]}`
)

// TestAzureClean kills a build, and has clean find and remove what it left, beside what is not its own.
func TestAzureClean(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	disk := `{"location": "westeurope", "tags": %s, "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 4}}`
	other := func(expires string) string {
		return fmt.Sprintf(`{"createdBy": "Ingot", "ingot-run": "0badcafe", "ingot-host": "0011223344556677", "ingot-expires": %q}`, expires)
	}
	for group, tags := range map[string]string{"lost": other("2020-01-01T00:00:00Z"), "theirs": other("2999-01-01T00:00:00Z"), "db": `{}`} {
		w.put(group, "", resourceGroupAPI, `{"location": "westeurope", "tags": `+tags+`}`)
		w.put(group, "/providers/Microsoft.Compute/disks/os", diskAPI, fmt.Sprintf(disk, tags))
	}
	w.killAt("asleep", "build", "--on", "azure", w.template(jammy, asleep, managedImage("web"), ""))
	before := len(w.sim.Resources())

	out, code := w.run("clean", "--yes")
	if code != ExitDone || !regexp.MustCompile(`\d+ things of run [0-9a-f]{8} may be in Azure still; see what, and remove it, with: `+
		`ingot clean --on azure`).MatchString(out) {
		t.Errorf("exit code %d\n%s", code, out)
	}
	next := w.template(jammy, fails, managedImage("web"), "")
	if out := w.build(ExitFailed, next); !strings.Contains(out, "may be in Azure still: ingot clean --on azure") {
		t.Errorf("the next build says nothing:\n%s", out)
	}
	w.env = append(w.env, "AZURE_SUBSCRIPTION_ID=") // the ledger knows it
	for _, args := range [][]string{{}, {"--dry-run"}} {
		out, code = w.run(append([]string{"clean", "--on", "azure"}, args...)...)
		for _, want := range []string{
			"signed in as the system-assigned managed identity of this machine, subscription " + azuresim.DefaultSubscription,
			"virtual machine pkrvm", "in IT_ingot_web_", "recorded it and is over", "network interface pkrni", "disk ",
			"the time of run 0badcafe of another machine was over at 2020-01-01T00:00:00Z",
			"leave", "it is that of run 0badcafe of another machine, until 2999-01-01T00:00:00Z",
			"a run goes on with what it left, unless that is removed: ingot resume ",
			"nothing was removed; remove it with: ingot clean --on azure --yes",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is not in:\n%s", want, out)
			}
		}
		if code != ExitDone || strings.Contains(out, " db") {
			t.Errorf("exit code %d\n%s", code, out)
		}
	}
	if after := len(w.sim.Resources()); after != before {
		t.Errorf("a list has changed what there is: %d, and %d before", after, before)
	}
	var report azureCleanReport
	out, code = w.run("clean", "--on", "azure", "--output", "json", "--yes", "--subscription", azuresim.DefaultSubscription)
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != ExitDone {
		t.Fatalf("exit code %d, %v\n%s", code, err, out)
	}
	if len(report.Leftovers) < 8 || !report.Removed || len(report.Staying) != 1 || report.Staying[0].Run != "0badcafe" {
		t.Errorf("got %+v", report)
	}
	theirs := azureGroups + "theirs"
	db := azureGroups + "db"
	w.leftOf(azureGroups+"images", theirs, theirs+"/providers/Microsoft.Compute/disks/os", db, db+"/providers/Microsoft.Compute/disks/os")
	if out, code := w.run("clean"); code != ExitDone || !strings.Contains(out, "nothing was left behind") || strings.Contains(out, "Azure") {
		t.Errorf("clean: exit code %d\n%s", code, out)
	}
	out, code = w.run("clean", "--on", "azure", "--yes", "--subscription", azuresim.DefaultSubscription)
	if code != ExitDone || !strings.Contains(out, "nothing of this is provably a dead run's; it stays") {
		t.Errorf("clean --on azure: exit code %d\n%s", code, out)
	}
}

// leftOf checks what there is in Azure, in any order.
func (w *azureWorld) leftOf(want ...string) {
	w.Helper()
	got := w.sim.Resources()
	for _, id := range want {
		if w.sim.Resource(id) == nil {
			w.Errorf("%s is gone", id)
		}
	}
	if len(got) != len(want) {
		w.Errorf("there is %q, want %q", got, want)
	}
}

// TestAzureCleanRefusals has flags that contradict each other, and a machine that nobody has signed in on.
func TestAzureCleanRefusals(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"a subscription of this machine", []string{"--subscription", "x"}, "--subscription says nothing to a clean-up of this machine"},
		{"a cloud of this machine", []string{"--cloud", "AzureCloud"}, "--cloud says nothing to a clean-up of this machine"},
		{"to list and to remove", []string{"--dry-run", "--yes"}, "--dry-run and --yes contradict each other"},
		{"another place", []string{"--on", "moon"}, `"moon" is not allowed; allowed: local, azure`},
		{"no subscription", []string{"--on", "azure"}, "nothing says in which subscription"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			home := t.TempDir()
			code := Main(t.Context(), Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(name string) string {
				return map[string]string{"HOME": home}[name]
			}}, append([]string{"clean"}, tt.args...))
			if code == ExitDone || !strings.Contains(out.String(), tt.want) {
				t.Errorf("exit code %d\n%s", code, out.String())
			}
		})
	}
}
