package armexpr

func comparisonFunctions() []Function { return nil }
