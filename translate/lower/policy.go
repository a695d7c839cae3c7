package lower

// abort is the value of both properties of errorHandling that keeps a machine; "cleanup" does not.
const abort = "abort"

// enabled is the value of every "state" that is not "Disabled".
const enabled = "Enabled"

func lowerErrors(l *lowering) {
	l.p.OnError.KeepBuildVM = l.t.ErrorHandling.OnCustomizerError.Value == abort
	l.p.OnError.KeepValidationVM = l.t.ErrorHandling.OnValidationError.Value == abort
}

func lowerOptimize(l *lowering) { l.p.OptimizeBoot = l.t.Optimize.VMBootState.Value == enabled }
