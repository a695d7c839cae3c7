package imds

import (
	"bytes"
	"net/http"
	"net/url"

	"github.com/ingot-build/ingot/translate/plan"
)

// recorder is a response that is only looked at.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header                  { return r.header }
func (r *recorder) WriteHeader(status int)               { r.status = status }
func (r *recorder) Write(text []byte) (n int, err error) { return r.body.Write(text) }

func newURL(path, query string) *url.URL { return &url.URL{Path: path, RawQuery: query} }

// newRigOptions are those of a VM that is given no tokens.
func newRigOptions() Options {
	return Options{VM: VM{Plan: &plan.Plan{OS: plan.Linux, Azure: plan.Azure{VMIdentities: []string{puller}}}, RunID: "1"}}
}
