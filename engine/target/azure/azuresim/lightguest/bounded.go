package lightguest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
)

// exitLate is what timeout ends with when it had to end the command.
const exitLate = 124

// timeout runs a command for so long at most. Options are those with a value: -k and -s.
func timeout(p *process, args []string) int {
	for len(args) > 1 && strings.HasPrefix(args[0], "-") {
		args = args[2:]
	}
	if len(args) < 2 {
		return p.fail(125, "timeout: missing operand")
	}
	limit, err := strconv.ParseFloat(strings.TrimSuffix(args[0], "s"), 64)
	if err != nil {
		return p.fail(125, "timeout: invalid time interval %q", args[0])
	}
	bounded := *p
	var cancel context.CancelFunc
	bounded.ctx, cancel = context.WithTimeout(p.ctx, time.Duration(limit*float64(time.Second)))
	defer cancel()
	code := bounded.run(args[1:])
	if errors.Is(bounded.ctx.Err(), context.DeadlineExceeded) {
		return exitLate
	}
	return code
}
