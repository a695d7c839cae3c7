package azuresim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signatureVersion is that of the signatures made for the blob service.
const signatureVersion = "2021-12-02"

// signatureFields are what a shared access signature adds to an address.
var signatureFields = []string{"sv", "ss", "srt", "sp", "se", "st", "spr", "sip", "sr", "si", "sig", "ses", "skoid", "sktid", "skt",
	"ske", "sks", "skv", "saoid", "suoid", "scid", "skdutid", "sduoid", "rscc", "rscd", "rsce", "rscl", "rsct"}

// signature is one for the whole account, for an hour.
//
// Reference: https://learn.microsoft.com/rest/api/storageservices/create-account-sas
func (b *Blobs) signature() url.Values {
	end := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	const permissions, services, types = "racwdl", "b", "sco"
	sig := sign(b.Key, b.Account, permissions, services, types, "", end, "", "", signatureVersion, "", "")
	return url.Values{"sv": {signatureVersion}, "ss": {services}, "srt": {types}, "sp": {permissions}, "se": {end},
		"sig": {sig}}
}

func sign(key []byte, fields ...string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(strings.Join(fields, "\n")))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// mayUseBlob tells whether a request for a blob has a token, the account's key, or a signature that is good for it.
func (s *Sim) mayUseBlob(r *http.Request, account string) bool {
	q := r.URL.Query()
	how := r.Header.Get("Authorization")
	switch {
	case strings.HasPrefix(how, "Bearer "):
		_, err := s.whoCalls(r)
		return err == nil
	case strings.HasPrefix(how, "SharedKey "):
		return hmac.Equal([]byte(how),
			[]byte("SharedKey "+account+":"+sign(s.accountKey(account), sharedKeyText(r, account))))
	case q.Get("sig") == "":
		return false
	case account == diskAccount:
		return s.granted(q.Get("sig"), r.Method != http.MethodGet && r.Method != http.MethodHead)
	}
	return s.signatureAllows(r.Method, account, r.URL.Path, q)
}

// sharedKeyText is what a request is signed over with an account's key.
//
// Reference: https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
func sharedKeyText(r *http.Request, account string) string {
	h := r.Header
	length := h.Get("Content-Length")
	if length == "" && r.ContentLength > 0 {
		length = strconv.FormatInt(r.ContentLength, 10)
	}
	if length == "0" {
		length = ""
	}
	lines := []string{r.Method, h.Get("Content-Encoding"), h.Get("Content-Language"), length, h.Get("Content-MD5"),
		h.Get("Content-Type"),
		h.Get("Date"), h.Get("If-Modified-Since"), h.Get("If-Match"), h.Get("If-None-Match"), h.Get("If-Unmodified-Since"), h.Get("Range")}
	var own []string
	for name := range h {
		if n := strings.ToLower(name); strings.HasPrefix(n, "x-ms-") {
			own = append(own, n+":"+strings.TrimSpace(h.Get(name)))
		}
	}
	slices.Sort(own)
	resource := "/" + account + r.URL.EscapedPath()
	values := map[string][]string{}
	for name, v := range r.URL.Query() {
		values[strings.ToLower(name)] = v
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		slices.Sort(values[name])
		resource += "\n" + name + ":" + strings.Join(values[name], ",")
	}
	return strings.Join(append(append(lines, own...), resource), "\n")
}

// accountSignature checks a signature for the whole account.
func (s *Sim) accountSignature(q url.Values, account string) bool {
	fields := []string{account, q.Get("sp"), q.Get("ss"), q.Get("srt"), q.Get("st"), q.Get("se"), q.Get("sip"),
		q.Get("spr"), q.Get("sv")}
	if q.Get("sv") >= "2020-12-06" {
		fields = append(fields, q.Get("ses"))
	}
	return hmac.Equal([]byte(q.Get("sig")), []byte(sign(s.accountKey(account), append(fields, "")...)))
}

func ended(at string) bool {
	t, err := time.Parse(time.RFC3339, at)
	return err != nil || time.Now().After(t)
}
