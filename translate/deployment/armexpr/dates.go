package armexpr

func dateFunctions() []Function { return nil }
