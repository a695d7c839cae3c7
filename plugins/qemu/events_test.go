package qemu

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/digitalocean/go-qemu/qmp"
)

func TestEventError(t *testing.T) {
	for _, tc := range []struct{ name, event, want string }{
		{"guest powers off", `{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}}`, "powered itself off"},
		{"we told it to quit", `{"event": "SHUTDOWN", "data": {"guest": false, "reason": "host-qmp-quit"}}`, ""},
		{"reboot", `{"event": "RESET", "data": {"guest": true, "reason": "guest-reset"}}`, ""},
		{"host's disk full", `{"event": "BLOCK_IO_ERROR", "data": {"operation": "write", "action": "stop", "nospace": true}}`, "full"},
		{"host's disk broken", `{"event": "BLOCK_IO_ERROR",
			"data": {"operation": "read", "action": "stop", "nospace": false, "reason": "Input/output error"}}`,
			"cannot be read: Input/output error"},
		{"an error the guest was told", `{"event": "BLOCK_IO_ERROR", "data": {"operation": "write", "action": "report"}}`, ""},
		{"no data", `{"event": "BLOCK_IO_ERROR"}`, ""},
		{"data of other types", `{"event": "SHUTDOWN", "data": {"reason": 7}}`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var e qmp.Event
			if err := json.Unmarshal([]byte(tc.event), &e); err != nil {
				t.Fatal(err)
			}
			err := eventError(e)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}
