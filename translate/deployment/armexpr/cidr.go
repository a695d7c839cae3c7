package armexpr

func cidrFunctions() []Function { return nil }
