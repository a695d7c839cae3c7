package armexpr

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/armjson"
)

// Limits bound what a template can make Ingot do. A short one can ask for more than any machine has: loops in loops,
// texts doubled and doubled again. The zero Limits are not useful; see DefaultLimits.
type Limits struct {
	// parts of expressions evaluated and turns of loops, in all; looking through what is large takes several
	Steps int64
	Bytes int64 // of texts and values made, in all
	Value int64 // bytes of one value written as JSON
	Items int   // elements of one array
	Depth int   // levels of arrays and objects in one value
	Calls int   // user functions, variables and parameters waiting for each other
}

// DefaultLimits let through every template that the service would take: it bounds a template to 4 MiB with all its
// loops unrolled, and an array made by range to 10,000 elements.
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits
func DefaultLimits() Limits {
	return Limits{Steps: 5_000_000, Bytes: 256 << 20, Value: 4 << 20, Items: 100_000, Depth: 200, Calls: 600}
}

// Budget counts what one expansion used of its limits. It is not safe for concurrent use.
type Budget struct {
	Limits Limits
	steps  int64
	bytes  int64
	calls  int
}

// NewBudget starts counting.
func NewBudget(l Limits) *Budget { return &Budget{Limits: l} }

// budgetError says which limit was reached. What comes after it would reach it as well.
func budgetError(what string, flag string) *Error {
	return &Error{OverBudget: true, Summary: what,
		Why: "no template that the service takes needs so much",
		Fix: fmt.Sprintf("if yours does, raise it with --max-%s", flag)}
}

// Step counts one unit of work.
func (b *Budget) Step() *Error {
	if b.steps++; b.steps > b.Limits.Steps {
		return budgetError(fmt.Sprintf("evaluating this template takes more than %d steps", b.Limits.Steps), "steps")
	}
	return nil
}

// Spend counts work that was done, or that is about to be and is bounded otherwise. If that was too much the next Step
// says so.
func (b *Budget) Spend(steps int64) { b.steps += steps }

// Charge counts bytes that were made, or are about to be.
func (b *Budget) Charge(bytes int64) *Error {
	if b.bytes += bytes; b.bytes > b.Limits.Bytes {
		return budgetError(fmt.Sprintf("evaluating this template makes more than %d MiB of values", b.Limits.Bytes>>20),
			"bytes")
	}
	return nil
}

// Fits checks the size of a value that is about to be made: bytes as JSON, elements.
func (b *Budget) Fits(bytes int64, items int) *Error {
	switch {
	case bytes > b.Limits.Value:
		return budgetError(fmt.Sprintf("this value would take more than %d bytes", b.Limits.Value), "value-bytes")
	case items > b.Limits.Items:
		return budgetError(fmt.Sprintf("this array would have more than %d elements", b.Limits.Items), "items")
	}
	return nil
}

// Enter counts a call that waits for another; every Enter without an error needs its Leave.
func (b *Budget) Enter() *Error {
	if b.calls >= b.Limits.Calls {
		return budgetError(fmt.Sprintf("more than %d functions, variables and parameters wait for each other",
			b.Limits.Calls), "calls")
	}
	b.calls++
	return nil
}

// Leave ends what Enter began.
func (b *Budget) Leave() { b.calls-- }

// Admit checks a value that was made, and charges for the topmost level of it: what is below was charged when it was
// made.
func (b *Budget) Admit(v *armjson.Node) *Error {
	if err := b.Fits(v.Weight(), len(v.Items)+len(v.Members)); err != nil {
		return err
	}
	if v.Depth() > b.Limits.Depth {
		return budgetError(fmt.Sprintf("this value is nested more than %d deep", b.Limits.Depth), "depth")
	}
	return b.Charge(int64(len(v.Text) + 16*len(v.Items) + 64*len(v.Members)))
}
