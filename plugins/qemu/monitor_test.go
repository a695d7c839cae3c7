package qemu

import "testing"

func TestParseForward(t *testing.T) {
	const head = "Hub -1 (net):\r\n  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n"
	for _, tc := range []struct {
		name, table string
		want        int
	}{
		{"forward alone", head + "  TCP[HOST_FORWARD]   8       127.0.0.1 44419       10.0.2.15    22     0     0\r\n", 44419},
		{"among connections", head +
			"  TCP[ESTABLISHED]   12       10.0.2.15 40022       151.101.2.1    22     0     0\r\n" +
			"  TCP[HOST_FORWARD]   8       127.0.0.1  2222       10.0.2.15    22     0     0\r\n", 2222},
		{"no forward", head, 0},
		{"to another port", head + "  TCP[HOST_FORWARD]   8       127.0.0.1 44419       10.0.2.15  2200     0     0\r\n", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := parseForward(tc.table, 22)
			if got != tc.want || (err == nil) != (tc.want != 0) {
				t.Errorf("got %d, %v, want %d", got, err, tc.want)
			}
		})
	}
}
