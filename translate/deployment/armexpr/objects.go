package armexpr

func objectFunctions() []Function { return nil }
