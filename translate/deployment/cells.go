package deployment

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// cell is a named value that is made when first needed, and once.
type cell struct {
	kind, name string // "parameter", "variable"; as declared
	make       func() (*armjson.Node, error)
	value      *armjson.Node
	err        error
	state      cellState
}

type cellState int

const (
	untouched cellState = iota
	inProgress
	done
)

// circleError says that a value needs itself. The place of the use that closed the circle is added where it is
// reported.
type circleError struct {
	function, name string // the call that closed it: parameters('a')
	what, way      string // variable "a"; variable "a" → variable "b" → variable "a"
}

func (c *circleError) Error() string { return c.what + " needs itself" }

// get returns the value of a cell. A cell that is needed while it is being made needs itself.
func (x *expansion) get(c *cell) (*armjson.Node, error) {
	switch c.state {
	case done:
		return c.value, c.err
	case inProgress:
		return nil, x.circle(c)
	}
	if x.stopped {
		return nil, errReported
	}
	if err := x.budget.Enter(); err != nil {
		return nil, err
	}
	c.state = inProgress
	x.waiting = append(x.waiting, c)
	c.value, c.err = c.make()
	x.waiting = x.waiting[:len(x.waiting)-1]
	x.budget.Leave()
	c.state = done
	return c.value, c.err
}

func (x *expansion) circle(c *cell) error {
	var way strings.Builder
	x.budget.Spend(int64(len(x.waiting)))
	on := false
	for _, w := range x.waiting {
		if on = on || w == c; on {
			fmt.Fprintf(&way, "%s %q → ", w.kind, short(w.name))
		}
	}
	fmt.Fprintf(&way, "%s %q", c.kind, short(c.name))
	function := "reference"
	if c.kind == "parameter" || c.kind == "variable" {
		function = c.kind + "s"
	}
	return &circleError{function: function, name: c.name, what: fmt.Sprintf("%s %q", c.kind, short(c.name)),
		way: way.String()}
}

// settle gets a cell that nobody asks for here. What is wrong with it is reported where it happens, but for a budget
// that is used up before it starts, and a circle that it is part of: these are reported at n.
func (x *expansion) settle(c *cell, n *armjson.Node) {
	if _, err := x.get(c); err != nil {
		_ = x.reportExpression(n, nil, err)
	}
}
