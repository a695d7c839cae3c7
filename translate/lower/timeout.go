package lower

// defaultTimeoutMinutes is what the service takes for 0 or nothing.
const defaultTimeoutMinutes = 240

func lowerTimeout(l *lowering) {
	l.p.TimeoutMinutes = l.t.BuildTimeout.Value
	if l.p.TimeoutMinutes == 0 {
		l.p.TimeoutMinutes = defaultTimeoutMinutes
	}
}
