package armexpr

func arrayFunctions() []Function { return nil }
