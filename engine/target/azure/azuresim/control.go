package azuresim

import (
	"net/http"
	"strings"
)

// controlPath is where the emulator itself is asked and told: no path of Azure's begins like that.
//
//	GET    /_sim/resources   the ids of all resources
//	GET    /_sim/calls       the calls that were made
//	PUT    /_sim/faults      a rule on each line, in place of those before
//	DELETE /_sim/vm?id=ID    a virtual machine vanishes
const controlPath = "/_sim/"

func (s *Sim) control(w http.ResponseWriter, r *http.Request, body []byte) {
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, controlPath) {
	case "GET resources":
		ok(s.Resources()).write(w)
	case "GET calls":
		ok(s.Calls()).write(w)
	case "PUT faults":
		list, err := ParseFaults(string(body))
		if err != nil {
			writeError(w, refuse(http.StatusBadRequest, "BadFault", "%v", err))
			return
		}
		s.SetFaults(list...)
		(&reply{status: http.StatusNoContent}).write(w)
	case "DELETE vm":
		if !s.Lose(r.URL.Query().Get("id")) {
			writeError(w, refuse(http.StatusNotFound, "NotFound", "no virtual machine %q", r.URL.Query().Get("id")))
			return
		}
		(&reply{status: http.StatusNoContent}).write(w)
	default:
		writeError(w, refuse(http.StatusNotFound, "NotFound", "%s %s is no address of the emulator's own", r.Method,
			r.URL.Path))
	}
}

// ParseFaults reads a rule from each line that is not empty and does not begin with "#".
func ParseFaults(text string) ([]*Fault, error) {
	var list []*Fault
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f, err := ParseFault(line)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}
