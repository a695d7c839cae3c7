package staging

// Problem is what keeps a run from its staging resource group, and what to do about it.
type Problem struct {
	What, Why, Fix string
	Err            error // what Azure said; nil where nobody was asked
}

func (p *Problem) Error() string {
	if p.Why == "" {
		return p.What
	}
	return p.What + ": " + p.Why
}

func (p *Problem) Unwrap() error { return p.Err }
