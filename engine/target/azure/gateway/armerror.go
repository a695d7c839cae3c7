package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// refusal is a call that the gateway itself does not let through, in the form of an error of Resource Manager, which the plugin shows.
type refusal struct {
	status        int
	code, message string
}

func (e *refusal) Error() string { return e.code + ": " + e.message }

// The codes of refusals are Ingot's own, so that nobody looks for them in Azure's documentation.
const (
	codeRefused     = "IngotRefused"     // a call that no build needs, or that cannot be followed
	codeNotRecorded = "IngotNotRecorded" // the ledger could not be written
	codeSignIn      = "IngotNotSignedIn" // there is no token for Azure
	codeUnreachable = "IngotUnreachable" // Azure gave no answer
)

// codeAbsent is Azure's own.
const codeAbsent = "ResourceNotFound"

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status, code, fmt.Sprintf(format, args...)}
}

func (e *refusal) write(w http.ResponseWriter) {
	writeJSON(w, e.status, map[string]any{"error": map[string]string{"code": e.code, "message": e.message}})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	_, _ = w.Write(data)
}
