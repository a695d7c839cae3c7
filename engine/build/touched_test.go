package build

import "testing"

// visited is a bench that let somebody in.
type visited struct{ Bench }

func (visited) Touched() bool { return true }

func TestTouched(t *testing.T) {
	for name, tt := range map[string]struct {
		bench Bench
		want  bool
	}{
		"nobody decides":        {nil, false},
		"somebody who looks on": {struct{ Bench }{}, false},
		"somebody with a shell": {visited{}, true},
	} {
		s := &state{Request: Request{Bench: tt.bench}}
		if got := s.touched(); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
