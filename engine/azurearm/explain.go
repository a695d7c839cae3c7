package azurearm

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/ingot-build/ingot/engine/azureid"
)

// Explain says what an error of Azure comes down to. It takes errors of the SDK's clients and of azureid, and texts of other programs
// that quote an answer of Resource Manager, such as the Packer plugin's. It gives nil for an error that has nothing of Azure in it.
func Explain(err error) *Failure {
	if err == nil {
		return nil
	}
	if f := Refusal(err); f != nil {
		return f
	}
	f := ExplainText(err.Error())
	if f != nil {
		f.Err = err
	}
	return f
}

// Refusal is Explain for errors that are of Azure by their type: of the SDK's clients, of azureid, and what was explained before. It gives
// nil for any other, whatever its text.
func Refusal(err error) *Failure {
	var known *Failure
	var answer *azcore.ResponseError
	var id *azureid.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &answer):
		known = ofAnswer(answer)
	case errors.As(err, &id):
		known = &Failure{Kind: Auth, What: shown(id.Error()), Why: shown(id.Why()), Fix: id.Fix()}
	default:
		return nil
	}
	known.Err = err
	return known
}

// ofAnswer explains an answer that a client of the SDK has read.
func ofAnswer(answer *azcore.ResponseError) *Failure {
	var body []byte
	var resource string
	var header http.Header
	if r := answer.RawResponse; r != nil {
		if r.Body != nil {
			body, _ = io.ReadAll(io.LimitReader(r.Body, maxBody)) // the SDK keeps it in memory; each of its clients rewinds it before reading
			if s, ok := r.Body.(io.Seeker); ok {
				s.Seek(0, io.SeekStart)
			}
		}
		header = r.Header
		if r.Request != nil && r.Request.URL != nil {
			resource = resourceOf(r.Request.URL.Path)
		}
	}
	f := ExplainBody(answer.StatusCode, body)
	if f.Code == "" && answer.ErrorCode != "" {
		f = explain(answer.StatusCode, finding{code: answer.ErrorCode, message: f.Message})
	}
	if f.Resource == "" {
		f.Resource = shown(resource)
	}
	f.RetryAfter, _ = RetryAfter(header)
	return f
}

// ExplainBody says what an answer of Resource Manager with this status and body comes down to; never nil. The body may be anything: an
// error, the operations of a deployment, the state of a long operation, or a web page of a proxy.
func ExplainBody(status int, body []byte) *Failure {
	if len(body) > maxBody {
		body = body[:maxBody]
	}
	s := search{left: maxParsed}
	if best, ok := s.text(string(body), 0); ok {
		return explain(status, best)
	}
	f := explain(status, finding{})
	if !json.Valid(body) { // else it is a document, and no error
		f.Message = shown(string(body))
	}
	return f
}

// ExplainText finds an answer of Resource Manager in the text of another program, and nil if there is none that it knows.
func ExplainText(text string) *Failure {
	if len(text) > maxBody {
		text = text[:maxBody]
	}
	s := search{left: maxParsed}
	best, ok := s.text(text, 0)
	status := statusIn(text)
	if ok {
		return explain(status, best)
	}
	if r, filled := lookup(0, "", cut(text, maxMatched)); r != nil {
		f := r.failure(filled)
		f.Message = shown(text)
		return f
	}
	return nil
}

// explain fills in what the table knows of a finding.
func explain(status int, found finding) *Failure {
	if found.status != 0 {
		status = found.status
	}
	found.message = cut(found.message, maxMatched)
	r, filled := lookup(status, found.code, found.message)
	if r == nil {
		r = &unknown
	}
	if found.policies != "" {
		filled["policies"] = found.policies
	}
	if found.resource == "" {
		found.resource = idIn(found.message)
	}
	filled["resource"] = found.resource
	filled["code"] = found.code
	f := r.failure(filled)
	f.Status = status
	f.Code, f.Message, f.Target, f.Resource = shown(found.code), shown(found.message), shown(found.target), shown(found.resource)
	for _, code := range found.outer {
		f.Outer = append(f.Outer, shown(code))
	}
	return f
}

// idIn gives the first resource id in a text.
func idIn(text string) string {
	return strings.TrimRight(idForm.FindString(text), ".,;:")
}
