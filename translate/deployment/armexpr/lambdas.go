package armexpr

func lambdaFunctions() []Function { return nil }
