package azuresim

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
)

// call is one request to Azure Resource Manager.
type call struct {
	sim     *Sim
	r       *http.Request
	id      ID
	tail    string // behind the id: the type of a list, or the name of an action
	version string // api-version
	body    object // nil without one
	who     claims
}

// resourceManager answers requests for resources, and all that is reached like one.
func (s *Sim) resourceManager(w http.ResponseWriter, r *http.Request, data []byte) {
	w.Header().Set("X-Ms-Request-Id", randomName(32))
	w.Header().Set("X-Ms-Correlation-Request-Id", randomName(32))
	c, err := s.newCall(r, data)
	if err != nil {
		writeError(w, err)
		return
	}
	if c.isOperation() { // it waits, so without the lock
		s.answerOperation(w, r, c.id)
		return
	}
	if r.Method == http.MethodDelete && s.opts.DeleteWait > 0 {
		s.waitUntilFree(c.id)
	}
	answer, err := s.locked(c.answer)
	if err == nil {
		err = c.cutPage(answer)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	answer.write(w)
}

// locked answers with the lock, and gives it back also when answering panics, which costs a connection and nothing
// more.
func (s *Sim) locked(answer func() (*reply, error)) (*reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return answer()
}

func (s *Sim) newCall(r *http.Request, data []byte) (*call, error) {
	who, err := s.whoCalls(r)
	if err != nil {
		return nil, err
	}
	c := &call{sim: s, r: r, who: who}
	path := shortPath.ReplaceAllString(r.URL.Path, "$1/providers/Microsoft.Resources/deployments$2")
	var fits bool
	if c.id, c.tail, fits = parsePath(path); !fits {
		return nil, refuse(http.StatusNotFound, "InvalidResourceId", "The path '%s' is not that of a resource.", r.URL.Path)
	}
	if c.version, err = apiVersion(r); err != nil {
		return nil, err
	}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &c.body); err != nil {
			return nil, refuse(http.StatusBadRequest, "InvalidRequestContent",
				"The request content was invalid and could not be deserialized: '%v'.", err)
		}
	}
	return c, nil
}

// shortPath is the way to deployments that is older than providers.
var shortPath = regexp.MustCompile(`(?i)^(/subscriptions/[^/]+/resourcegroups/[^/]+)/deployments(/|$)`)

var datedVersion = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(-preview|-beta|-alpha)?$`)

// apiVersion reads the version that every request names.
func apiVersion(r *http.Request) (string, error) {
	for name, values := range r.URL.Query() {
		if !strings.EqualFold(name, "api-version") || values[0] == "" {
			continue
		}
		if !datedVersion.MatchString(values[0]) {
			return "", refuse(http.StatusBadRequest, "InvalidApiVersionParameter", "The api-version '%s' is invalid.", values[0])
		}
		return values[0], nil
	}
	return "", refuse(http.StatusBadRequest, "MissingApiVersionParameter",
		"The api-version query parameter (?api-version=) is required for all requests.")
}

// lastVersion is the end of the api-versions that are served: nobody has seen later ones.
const lastVersion = "2027"

// checkVersion refuses an api-version that a type was not there in.
func checkVersion(typ, since, version string) error {
	if version >= since && version < lastVersion {
		return nil
	}
	provider, rest, _ := strings.Cut(typ, "/")
	return refuse(http.StatusBadRequest, "NoRegisteredProviderFound",
		"No registered resource provider found for location and API version '%s' for type '%s'. The supported api-versions "+
			"of '%s' are from '%s' on.", version, rest, provider, since)
}

// answer finds what answers the call. The lock is held.
func (c *call) answer() (*reply, error) {
	if err := c.knowSubscription(); err != nil {
		return nil, err
	}
	if err := c.mayDo(); err != nil {
		return nil, err
	}
	if e := endpointFor(c); e != nil {
		return e(c)
	}
	k := kindOf(c.id.Type)
	if k == nil || c.tail != "" && c.r.Method == http.MethodGet {
		return c.list()
	}
	if err := checkVersion(k.name, k.since, c.version); err != nil {
		return nil, err
	}
	switch {
	case c.tail != "" && c.r.Method == http.MethodPost:
		return c.act(k)
	case c.tail != "":
		return nil, c.notAllowed()
	case c.r.Method == http.MethodGet:
		return c.read()
	case c.r.Method == http.MethodHead:
		return c.exists()
	case c.r.Method == http.MethodPut, c.r.Method == http.MethodPatch && k.patchable:
		return c.write(k)
	case c.r.Method == http.MethodDelete:
		return c.remove(k)
	}
	return nil, c.notAllowed()
}

func (c *call) notAllowed() error {
	return refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "The method '%s' is not served for '%s'.", c.r.Method,
		c.r.URL.Path)
}
