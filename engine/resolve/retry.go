package resolve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// defaultDelays make ten attempts, as the service does. They take a minute and a half together: long enough for a server that
// restarts, short enough for somebody who waits.
var defaultDelays = []time.Duration{
	time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second,
	15 * time.Second, 15 * time.Second, 15 * time.Second, 15 * time.Second, 15 * time.Second,
}

// maxRetryAfter is the longest wait that a server may ask for.
const maxRetryAfter = 2 * time.Minute

// statusError is an answer without a file.
type statusError struct {
	code       int
	storage    string        // code of a storage account: BlobNotFound; "" where the answer has none
	retryAfter time.Duration // what the server asks for; 0: nothing
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("the server answered %d %s", e.code, http.StatusText(e.code))
	if e.storage != "" {
		text += ", " + e.storage
	}
	return text
}

// newStatusError reads what an answer says of itself.
func newStatusError(resp *http.Response, now time.Time) *statusError {
	e := &statusError{code: resp.StatusCode, storage: storageCode(resp)}
	if after := resp.Header.Get("Retry-After"); after != "" {
		if seconds, err := strconv.Atoi(after); err == nil && seconds > 0 {
			e.retryAfter = min(time.Duration(seconds), 24*60*60) * time.Second
		} else if at, err := http.ParseTime(after); err == nil {
			e.retryAfter = max(0, at.Sub(now))
		}
	}
	return e
}

// mayPass reports whether the same request may succeed a little later.
func mayPass(err error) bool {
	if s, ok := errors.AsType[*statusError](err); ok {
		switch s.code {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
			return s.retryAfter <= maxRetryAfter
		case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
			return false
		default:
			return s.code >= 500 && s.retryAfter <= maxRetryAfter
		}
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return false
	}
	switch {
	case errors.Is(err, errRedirects), errors.Is(err, errDowngrade),
		isType[*schemeError](err), isType[*nearError](err), isType[*identityError](err),
		isType[*tls.CertificateVerificationError](err), isType[x509.UnknownAuthorityError](err), isType[tls.RecordHeaderError](err):
		return false
	default:
		return true
	}
}

// delay is how long to wait before attempt n+1: what the server asks for, where that is longer.
func (f *fetcher) delay(n int, err error) time.Duration {
	d := f.Delays[min(n, len(f.Delays))-1]
	if s, ok := errors.AsType[*statusError](err); ok {
		d = max(d, s.retryAfter)
	}
	return d
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
