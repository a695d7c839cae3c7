package armexpr

import (
	"math"
	"math/bits"
	"regexp"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

func numberFunctions() []Function {
	return []Function{
		{Name: "add", Group: Numbers, Summary: "the sum of two whole numbers", Min: 2, Max: 2, Result: armjson.Number,
			Eval: arithmetic(add64)},
		{Name: "div", Group: Numbers, Summary: "the quotient of two whole numbers, cut towards zero", Min: 2, Max: 2,
			Result: armjson.Number, Eval: arithmetic(div64)},
		{Name: "float", Group: Numbers, Summary: "a floating-point number from a text or whole number", Min: 1, Max: 1,
			Result: armjson.Number, Eval: toFloat},
		{Name: "int", Group: Numbers, Summary: "a whole number from a text", Min: 1, Max: 1, Result: armjson.Number,
			Eval: toInt},
		{Name: "max", Group: Numbers, Summary: "the greatest of whole numbers, or of an array of them", Min: 1, Max: -1,
			Result: armjson.Number, Eval: extreme(func(a, b int64) int64 { return max(a, b) })},
		{Name: "min", Group: Numbers, Summary: "the least of whole numbers, or of an array of them", Min: 1, Max: -1,
			Result: armjson.Number, Eval: extreme(func(a, b int64) int64 { return min(a, b) })},
		{Name: "mod", Group: Numbers, Summary: "the remainder of div, with the sign of the first number",
			Min: 2, Max: 2, Result: armjson.Number, Eval: arithmetic(mod64)},
		{Name: "mul", Group: Numbers, Summary: "the product of two whole numbers", Min: 2, Max: 2,
			Result: armjson.Number, Eval: arithmetic(mul64)},
		{Name: "sub", Group: Numbers, Summary: "the difference of two whole numbers", Min: 2, Max: 2,
			Result: armjson.Number, Eval: arithmetic(sub64)},
	}
}

// arithmetic makes a function of two whole numbers. The operation says what is wrong, or "".
func arithmetic(op func(x, y int64) (result int64, wrong string)) func(*Args) (*armjson.Node, error) {
	return func(a *Args) (*armjson.Node, error) {
		x, err := a.Int(0)
		if err != nil {
			return nil, err
		}
		y, err := a.Int(1)
		if err != nil {
			return nil, err
		}
		result, wrong := op(x, y)
		if wrong != "" {
			return nil, &Error{Summary: callForm(a.f.Name, a.Values) + " " + wrong}
		}
		return armjson.NewInt(result), nil
	}
}

const (
	overflows = "does not fit a 64-bit integer"
	byZero    = "divides by zero"
)

func add64(x, y int64) (int64, string) {
	sum := x + y
	if (sum > x) != (y > 0) && y != 0 {
		return 0, overflows
	}
	return sum, ""
}

func sub64(x, y int64) (int64, string) {
	difference := x - y
	if (difference < x) != (y > 0) && y != 0 {
		return 0, overflows
	}
	return difference, ""
}

func mul64(x, y int64) (int64, string) {
	high, low := bits.Mul64(magnitude(x), magnitude(y))
	limit := uint64(math.MaxInt64)
	if (x < 0) != (y < 0) {
		limit++ // there is one more negative number than there are positive ones
	}
	if high != 0 || low > limit {
		return 0, overflows
	}
	return x * y, ""
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

func div64(x, y int64) (int64, string) {
	switch {
	case y == 0:
		return 0, byZero
	case x == math.MinInt64 && y == -1:
		return 0, overflows
	}
	return x / y, ""
}

func mod64(x, y int64) (int64, string) {
	if y == 0 {
		return 0, byZero
	}
	return x % y, ""
}

// toInt takes whole numbers and their texts only: the service refuses booleans, fractions and the empty text.
func toInt(a *Args) (*armjson.Node, error) {
	v := a.Values[0]
	switch v.Kind {
	case armjson.Number:
		n, err := a.Int(0)
		if err != nil {
			return nil, err
		}
		return armjson.NewInt(n), nil
	case armjson.String:
		n, err := strconv.ParseInt(strings.TrimSpace(v.Text), 10, 64)
		if err != nil {
			return nil, a.Fail(0, "the text %s is no whole number of 64 bits", quoted(shortText(v.Text)))
		}
		return armjson.NewInt(n), nil
	default:
		return nil, a.Wants(0, "a string or a whole number")
	}
}

// floatForm is what .NET reads as a number in no particular culture.
var floatForm = regexp.MustCompile(`^[+-]?([0-9][0-9,]*(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

func toFloat(a *Args) (*armjson.Node, error) {
	v := a.Values[0]
	if v.Kind != armjson.String && v.Kind != armjson.Number {
		return nil, a.Wants(0, "a string or a number")
	}
	if err := a.work(collationCost * v.Weight()); err != nil {
		return nil, err
	}
	text := strings.TrimSpace(v.Text)
	f, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
	if err != nil || !floatForm.MatchString(text) {
		return nil, a.Fail(0, "%s is no floating-point number", quoted(shortText(v.Text)))
	}
	return &armjson.Node{Kind: armjson.Number, Text: floatText(f)}, nil
}

// floatText writes a number as .NET does: the shortest digits that give it back, and a decimal point even in whole
// numbers, which stay apart from integers by it.
func floatText(f float64) string {
	if size := math.Abs(f); size != 0 && (size >= 1e15 || size < 1e-4) {
		return strconv.FormatFloat(f, 'E', -1, 64)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// extreme makes max and min: of several numbers, or of those in one array.
func extreme(better func(a, b int64) int64) func(*Args) (*armjson.Node, error) {
	return func(a *Args) (*armjson.Node, error) {
		if a.Len() == 1 && a.Values[0].Kind == armjson.Array {
			return a.extremeOf(a.Values[0].Items, better)
		}
		best, err := a.Int(0)
		for i := 1; i < a.Len() && err == nil; i++ {
			var n int64
			n, err = a.Int(i)
			best = better(best, n)
		}
		if err != nil {
			return nil, err
		}
		return armjson.NewInt(best), nil
	}
}

func (a *Args) extremeOf(items []*armjson.Node, better func(a, b int64) int64) (*armjson.Node, error) {
	if len(items) == 0 {
		return nil, a.Fail(0, "%s of an empty array has no value", a.f.Name)
	}
	if err := a.work(foldingCost * a.Values[0].Weight()); err != nil {
		return nil, err
	}
	var best int64
	for i, item := range items {
		n, err := strconv.ParseInt(item.Text, 10, 64)
		if item.Kind != armjson.Number || err != nil {
			return nil, a.Fail(0, "element %d of the array is not a whole number but %s", i, shortText(form(item)))
		}
		if i == 0 {
			best = n
		}
		best = better(best, n)
	}
	return armjson.NewInt(best), nil
}
