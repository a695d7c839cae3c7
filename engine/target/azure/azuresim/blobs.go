package azuresim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Blobs is one account of a real blob service, Azurite for one. The blobs of all emulated storage accounts are in it,
// each container by the name of its account and its own. Requests are checked here and signed anew for the service.
type Blobs struct {
	Endpoint string // of the account: https://ACCOUNT.blob.core.windows.net
	Account  string
	Key      []byte
	Client   *http.Client // reaches it; nil is http.DefaultClient
}

// container is the service's name for one of an account.
func (b *Blobs) container(account, name string) string { return account + "-" + name }

func (b *Blobs) client() *http.Client {
	if b.Client == nil {
		return http.DefaultClient
	}
	return b.Client
}

// address is that of a blob in the service, signed for an hour.
func (b *Blobs) address(account, path string, q url.Values) string {
	if q == nil {
		q = url.Values{}
	}
	for name, values := range b.signature() {
		q[name] = values
	}
	container, blob, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	u := b.Endpoint + "/" + b.container(account, container)
	if blob != "" {
		u += "/" + blob
	}
	return u + "?" + q.Encode()
}

// serveBlob passes a request for a blob on.
func (s *Sim) serveBlob(w http.ResponseWriter, r *http.Request, account string) {
	b := s.opts.Blobs
	if b == nil {
		writeBlobError(w, http.StatusServiceUnavailable, "ServerBusy", "the emulator was started without a blob service")
		return
	}
	if !s.hasAccount(account) {
		writeBlobError(w, http.StatusNotFound, "ResourceNotFound", "there is no storage account "+account)
		return
	}
	if r.Method == http.MethodPost && r.URL.Query().Get("comp") == "userdelegationkey" {
		s.giveDelegationKey(w, r, account)
		return
	}
	if !s.mayUseBlob(r, account) {
		writeBlobError(w, http.StatusForbidden, "AuthenticationFailed",
			"Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "+
				"including the signature.")
		return
	}
	q := r.URL.Query()
	for _, name := range signatureFields {
		q.Del(name)
	}
	out, err := http.NewRequestWithContext(r.Context(), r.Method, b.address(account, r.URL.EscapedPath(), q), r.Body)
	if err != nil {
		writeBlobError(w, http.StatusBadRequest, "InvalidUri", err.Error())
		return
	}
	out.Header, out.ContentLength = r.Header.Clone(), r.ContentLength
	for _, name := range []string{"Authorization", "Accept-Encoding", "Proxy-Connection"} {
		out.Header.Del(name)
	}
	if from := r.Header.Get("X-Ms-Copy-Source"); from != "" {
		source, ok := s.copySource(r, account, from)
		if !ok {
			writeBlobError(w, http.StatusForbidden, "CannotVerifyCopySource",
				"Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "+
					"including the signature.")
			return
		}
		out.Header.Set("X-Ms-Copy-Source", source)
		out.Header.Del("X-Ms-Copy-Source-Authorization")
	}
	resp, err := b.client().Do(out)
	if err != nil {
		writeBlobError(w, http.StatusBadGateway, "InternalError", err.Error())
		return
	}
	defer resp.Body.Close()
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// copySource is where the service finds what another emulated account, or a disk, has. It is not ok if that may not be
// read by who asks for the copy.
func (s *Sim) copySource(r *http.Request, to, from string) (address string, ok bool) {
	u, err := url.Parse(from)
	if err != nil {
		return from, true
	}
	account, ours := strings.CutSuffix(u.Hostname(), ".blob."+Suffix)
	if !ours {
		return from, true
	}
	return s.opts.Blobs.address(account, u.EscapedPath(), nil), s.mayCopyFrom(r, to, account, u)
}

func (s *Sim) hasAccount(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return name == diskAccount || s.named(accountType, name) != nil
}

// makeContainer makes one, unless it is there.
func (b *Blobs) makeContainer(ctx context.Context, account, name string) error {
	_, err := b.put(ctx, b.address(account, "/"+name, url.Values{"restype": {"container"}}), nil, nil)
	return err
}

// put sends something; that it is there already is fine, and told by the status.
func (b *Blobs) put(ctx context.Context, address string, header http.Header, data []byte) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, address, bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	if header != nil {
		req.Header = header
	}
	req.Header.Set("X-Ms-Version", signatureVersion)
	req.Header.Set("X-Ms-Date", time.Now().UTC().Format(http.TimeFormat))
	resp, err := b.client().Do(req)
	if err != nil {
		return 0, fmt.Errorf("reach the blob service: %w", err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusCreated, http.StatusAccepted, http.StatusConflict:
		return resp.StatusCode, nil
	}
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
	return resp.StatusCode, fmt.Errorf("the blob service answered %s: %s", resp.Status, said)
}

func writeBlobError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Ms-Error-Code", code)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`,
		code, message)
}
