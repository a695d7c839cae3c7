package armexpr

// CallsIn returns the names of all functions that e calls, outermost first.
func CallsIn(e Expr) []string {
	switch e := e.(type) {
	case *Call:
		names := []string{e.Name}
		for _, a := range e.Args {
			names = append(names, CallsIn(a)...)
		}
		return names
	case *Property:
		return CallsIn(e.Target)
	case *Index:
		return append(CallsIn(e.Target), CallsIn(e.Key)...)
	default:
		return nil
	}
}
