package armexpr

import "github.com/ingot-build/ingot/translate/armjson"

const (
	// nodeBytes is about what one value takes in memory, however short its JSON is.
	nodeBytes = 192
	// bytesPerStep is how much of a value is looked through in one step.
	bytesPerStep = 256
)

// How many times slower than comparing some work is.
const (
	foldingCost   = 4
	collationCost = 8
	digestCost    = 8
	parsingCost   = 16
)

// work counts the steps of looking through so many bytes of values or text. Without it a short loop over one long value
// would run for hours within its steps.
func (a *Args) work(bytes int64) error {
	a.Env.Budget.Spend(bytes / bytesPerStep)
	return a.Step()
}

// comparing is how many bytes of work it is to compare v with a value like it: the names of objects are looked up.
func comparing(v *armjson.Node) int64 {
	if v.Kind == armjson.Object || v.Kind == armjson.Array {
		return digestCost * v.Weight()
	}
	return v.Weight()
}

// charge counts values that are made inside another, which the check of the result does not see.
func (a *Args) charge(values int) error {
	if err := a.Env.Budget.Charge(int64(values) * nodeBytes); err != nil {
		return err
	}
	return nil
}

// gathering is an array that grows element by element, within the limits at every moment.
type gathering struct {
	a      *Args
	items  []*armjson.Node
	weight int64
}

func (g *gathering) add(v *armjson.Node) error {
	g.weight += v.Weight() + 1
	if err := g.a.Fits(g.weight, len(g.items)+1); err != nil {
		return err
	}
	g.items = append(g.items, v)
	return g.a.charge(1)
}

func (g *gathering) array() *armjson.Node { return armjson.NewArray(g.items) }
