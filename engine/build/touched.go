package build

// A Toucher is a Bench that lets people into the build VM. From the moment they are in, the machine is no longer what the steps made of it,
// and no layer is taken of it: a later build of somebody else would have what one person typed.
type Toucher interface {
	// Touched reports whether anybody was let into the machine that stands or runs now. A Rewind gives that machine up.
	Touched() bool
}

// touched reports whether anything but the steps may have changed the build VM.
func (s *state) touched() bool {
	t, ok := s.Bench.(Toucher)
	return ok && t.Touched()
}
