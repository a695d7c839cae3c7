package packercore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/provtest"
)

// A copy that failed on the guest says why, where the guest knows.
func TestWhyNot(t *testing.T) {
	for _, tc := range []struct {
		name, dst string
		err       error
		rules     []provtest.Rule
		want      string
		asked     []string
	}{
		{
			"the disk is full", "/tmp/it's.sh", errors.New("Process exited with status 1"),
			[]provtest.Rule{{Stderr: "sh: write error: No space left on device\n", Exit: 1}},
			"/tmp/it's.sh: Process exited with status 1: sh: write error: No space left on device", []string{`echo >>'/tmp/it'\''s.sh'`},
		},
		{
			"it can be written by now", "/tmp/a.sh", errors.New("Process exited with status 1"),
			nil, "Process exited with status 1", []string{"echo >>'/tmp/a.sh'"},
		},
		{
			"the connection is lost by now", "/tmp/a.sh", errors.New("Process exited with status 1"),
			[]provtest.Rule{{Exit: packersdk.CmdDisconnect}}, "Process exited with status 1", []string{"echo >>'/tmp/a.sh'"},
		},
		{
			"no command can be started", "/tmp/a.sh", errors.New("Process exited with status 1"),
			[]provtest.Rule{{Err: errors.New("EOF")}}, "Process exited with status 1", []string{"echo >>'/tmp/a.sh'"},
		},
		{"it says why itself", "/tmp/a.sh", errors.New("scp: /tmp/a.sh: Permission denied"), nil, "scp: /tmp/a.sh: Permission denied", nil},
		{"no POSIX path", "C:/a.ps1", errors.New("Process exited with status 1"), nil, "Process exited with status 1", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got error
			r := actingRig(t, "", func(_ context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
				got = comm.Upload(tc.dst, strings.NewReader("text"), nil)
				return nil
			})
			r.builder.guest.Rules = tc.rules
			r.builder.guest.OnUpload = func(string) error { return tc.err }
			if _, err := r.build(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got == nil || got.Error() != tc.want || !errors.Is(got, tc.err) {
				t.Errorf("got %v, want %q", got, tc.want)
			}
			if diff := cmp.Diff(tc.asked, r.builder.guest.Commands()); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

// What a provisioner goes on trying after is told, once, and what ends it is not told twice.
func TestRetriesAreTold(t *testing.T) {
	for _, tc := range []struct {
		name string
		act  func(copy func() error) error
		want []string
	}{
		{"tried again", func(copy func() error) error {
			for range 20 {
				_ = copy()
				time.Sleep(2 * time.Second)
			}
			return nil
		}, []string{"running acting", "say| it goes on trying after: EOF", "done acting"}},
		{"not tried again", func(copy func() error) error { return copy() }, []string{"running acting", "failed acting (failed: EOF)"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := actingRig(t, "", func(_ context.Context, _ packersdk.Ui, comm packersdk.Communicator) error {
					return tc.act(func() error { return comm.Upload("/tmp/a.sh", strings.NewReader("text"), nil) })
				})
				r.builder.guest.OnUpload = func(string) error { return errors.New("EOF") }
				_, _ = r.build(t.Context())
				if diff := cmp.Diff(tc.want, steps(r)); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
			})
		})
	}
}
