package azuresim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// maxBody is the longest request for anything but a blob.
const maxBody = 8 << 20

// handle answers every request.
func (s *Sim) handle(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		s.connect(w, r)
		return
	}
	host := strings.ToLower(r.Host)
	if name, _, found := strings.Cut(host, ":"); found {
		host = name
	}
	if r.URL.IsAbs() && r.TLS == nil && !s.isOwn(r.URL.Host) { // a proxy's request for something else
		http.Error(w, "the emulated Azure connects to nobody else: "+r.URL.Host, http.StatusForbidden)
		return
	}
	if account, ok := strings.CutSuffix(host, ".blob."+Suffix); ok {
		s.withFaults(w, r, func(w http.ResponseWriter) { s.serveBlob(w, r, account) })
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeError(w, refuse(http.StatusRequestEntityTooLarge, "RequestContentTooLarge", "%v", err))
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.withFaults(w, r, func(w http.ResponseWriter) {
		if vault, ok := strings.CutSuffix(host, ".vault."+Suffix); ok {
			s.serveVault(w, r, vault, body)
			return
		}
		s.serve1(w, r, body)
	})
}

func (s *Sim) isOwn(host string) bool {
	return host == s.plain.addr.String() || host == s.secure.addr.String()
}

// serve1 answers what is not for a vault or a storage account.
func (s *Sim) serve1(w http.ResponseWriter, r *http.Request, body []byte) {
	path := r.URL.Path
	lower := strings.ToLower(path)
	switch {
	case strings.HasPrefix(path, controlPath):
		s.control(w, r, body)
	case lower == "/metadata/endpoints":
		s.metadata(w, r)
	case lower == "/msi/token", lower == "/metadata/identity/oauth2/token":
		s.managedIdentity(w, r)
	case lower == "/metadata/instance/compute", lower == "/metadata/instance/compute/":
		s.instance(w, r)
	case strings.HasSuffix(lower, "/oauth2/token"), strings.HasSuffix(lower, "/oauth2/v2.0/token"):
		s.token(w, r)
	case strings.HasSuffix(lower, "/.well-known/openid-configuration"), lower == "/common/discovery/instance":
		s.openID(w, r)
	case strings.HasPrefix(lower, "/subscriptions"), strings.HasPrefix(lower, "/providers/"), strings.HasPrefix(lower,
		"/tenants"):
		s.resourceManager(w, r, body)
	default:
		writeError(w, refuse(http.StatusNotFound, "InvalidRequestUri", "The request URI '%s' is not one that is "+
			"served.", path))
	}
}

// reply is an answer with a JSON body; a nil body is none.
type reply struct {
	status int
	body   any
	header http.Header
}

func (a *reply) write(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	data, err := json.Marshal(a.body)
	if err != nil {
		a.status, data = http.StatusInternalServerError, []byte(`{"error": {"code": "InternalServerError"}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = w.Write(data)
}

func ok(body any) *reply { return &reply{status: http.StatusOK, body: body} }

// page is the answer with a list.
func page(values []any) *reply {
	if values == nil {
		values = []any{}
	}
	return ok(object{"value": values})
}

func writeError(w http.ResponseWriter, err error) {
	e := asError(err)
	(&reply{status: e.Status, body: object{"error": e.body()}, header: e.Header}).write(w)
}
