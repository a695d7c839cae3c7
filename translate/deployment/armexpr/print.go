package armexpr

import (
	"math"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// Print writes an expression as it could stand in a template, without the brackets around it.
func Print(e Expr) string {
	p := printer{most: math.MaxInt}
	p.write(e, nil)
	return p.b.String()
}

// printer writes expressions until there are more than most bytes; what is behind them is left out.
type printer struct {
	b    strings.Builder
	most int
}

// write writes e. The variables of the lambdas around it are replaced by their values: the text of an unknown value is
// read far from them.
func (p *printer) write(e Expr, around *binding) {
	if p.b.Len() > p.most {
		return
	}
	switch e := e.(type) {
	case *Text:
		p.b.WriteString(quoted(e.Value))
	case *Number:
		p.b.WriteString(e.Text)
	case *Call:
		p.writeCall(e, around)
	case *Property:
		p.write(e.Target, around)
		p.b.WriteString("." + e.Name)
	case *Index:
		p.write(e.Target, around)
		p.b.WriteByte('[')
		p.write(e.Key, around)
		p.b.WriteByte(']')
	}
}

func (p *printer) writeCall(c *Call, around *binding) {
	if around != nil && len(c.Args) <= 4 { // no lambda has more than three variables
		if v := boundBy(c, around); v != nil {
			writeForm(&p.b, v)
			return
		}
		if names, ok := lambdaNames(c); ok {
			for _, name := range names {
				around = &binding{name: name, outer: around} // hides an outer one
			}
		}
	}
	if c.Namespace != "" {
		p.b.WriteString(c.Namespace + ".")
	}
	p.b.WriteString(c.Name + "(")
	for i, a := range c.Args {
		if p.b.Len() > p.most {
			return
		}
		if i > 0 {
			p.b.WriteString(", ")
		}
		p.write(a, around)
	}
	p.b.WriteByte(')')
}

// boundBy gives the value that the call lambdaVariables('x') has; nil for other calls and for variables without a value
// yet.
func boundBy(c *Call, around *binding) *armjson.Node {
	if c.Namespace != "" || !strings.EqualFold(c.Name, lambdaVariablesName) || len(c.Args) != 1 {
		return nil
	}
	name, ok := c.Args[0].(*Text)
	if !ok {
		return nil
	}
	if b := around.find(name.Value); b != nil {
		return b.value
	}
	return nil
}
