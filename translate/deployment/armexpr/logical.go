package armexpr

func logicalFunctions() []Function { return nil }
