package diag

// Entry documents one code: each package that makes findings lists its own, and the reference page is made of them.
type Entry struct {
	Code     Code
	Severity Severity
	Summary  string // what such a finding says, in general terms
}
