package azuresim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// rights are the permissions of a shared access signature of which a request takes one.
func rights(method string, q url.Values) string {
	switch method {
	case http.MethodGet, http.MethodHead:
		if q.Get("comp") == "list" {
			return "l"
		}
		return "r"
	case http.MethodPut:
		return "cwa"
	case http.MethodDelete:
		return "d"
	}
	return ""
}

// signatureAllows tells whether the signature in an address of an account is good for a request to it: one for the whole
// account, or for a container or a blob, by the account's key or by one that was given to a user.
func (s *Sim) signatureAllows(method, account, path string, q url.Values) bool {
	if !strings.ContainsAny(q.Get("sp"), rights(method, q)) || ended(q.Get("se")) || notYet(q.Get("st")) {
		return false
	}
	switch {
	case q.Get("sr") == "":
		return s.accountSignature(q, account)
	case q.Get("restype") == "container" && method != http.MethodGet: // a container is not made by what is for one
		return false
	}
	resource, fits := signedResource(account, path, q.Get("sr"))
	if !fits {
		return false
	}
	key, fields := s.accountKey(account), []string{q.Get("sp"), q.Get("st"), q.Get("se"), resource}
	if q.Get("skoid") != "" {
		if ended(q.Get("ske")) {
			return false
		}
		key = s.delegationKey(account, q)
		fields = append(fields, q.Get("skoid"), q.Get("sktid"), q.Get("skt"), q.Get("ske"), q.Get("sks"), q.Get("skv"),
			q.Get("saoid"), q.Get("suoid"), q.Get("scid"))
		if q.Get("sv") >= "2025-07-05" {
			fields = append(fields, q.Get("skdutid"), q.Get("sduoid"))
		}
	} else {
		fields = append(fields, q.Get("si"))
	}
	fields = append(fields, q.Get("sip"), q.Get("spr"), q.Get("sv"), q.Get("sr"), q.Get("snapshot"))
	if q.Get("sv") >= "2020-12-06" {
		fields = append(fields, q.Get("ses"))
	}
	fields = append(fields, q.Get("rscc"), q.Get("rscd"), q.Get("rsce"), q.Get("rscl"), q.Get("rsct"))
	return hmac.Equal([]byte(q.Get("sig")), []byte(sign(key, fields...)))
}

// signedResource is how a container or a blob is spelled in what is signed. Signatures from before 2018-11-09 are spelled
// in other ways, and not taken.
//
// Reference: https://learn.microsoft.com/rest/api/storageservices/create-service-sas
func signedResource(account, path, kind string) (name string, fits bool) {
	container, blob, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case kind == "c" && container != "":
		return "/blob/" + account + "/" + container, true
	case kind == "b" && blob != "":
		return "/blob/" + account + "/" + container + "/" + blob, true
	}
	return "", false
}

func notYet(at string) bool {
	t, err := time.Parse(time.RFC3339, at)
	return at != "" && (err != nil || time.Now().Before(t))
}

// delegationKey is the key that a user was given, for as long as the address says: it has all that the key is made of.
func (s *Sim) delegationKey(account string, q url.Values) []byte {
	m := hmac.New(sha256.New, s.accountKey(account))
	for _, name := range []string{"skoid", "sktid", "skt", "ske", "sks", "skv"} {
		m.Write([]byte(q.Get(name) + "\n"))
	}
	return m.Sum(nil)
}

// giveDelegationKey answers who has a token and asks for a key to make signatures with.
//
// Reference: https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key
func (s *Sim) giveDelegationKey(w http.ResponseWriter, r *http.Request, account string) {
	who, err := s.whoCalls(r)
	var asked struct {
		Start  string `xml:"Start"`
		Expiry string `xml:"Expiry"`
	}
	switch {
	case err != nil:
		writeBlobError(w, http.StatusForbidden, "AuthenticationFailed", "a key is given to who has a token")
		return
	case xml.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&asked) != nil || ended(asked.Expiry):
		writeBlobError(w, http.StatusBadRequest, "InvalidXmlDocument", "XML specified is not syntactically valid.")
		return
	}
	q := url.Values{"skoid": {who.Object}, "sktid": {who.Tenant}, "skt": {asked.Start}, "ske": {asked.Expiry}, "sks": {"b"},
		"skv": {r.Header.Get("X-Ms-Version")}}
	answer := struct {
		XMLName       xml.Name `xml:"UserDelegationKey"`
		SignedOid     string
		SignedTid     string
		SignedStart   string
		SignedExpiry  string
		SignedService string
		SignedVersion string
		Value         string
	}{SignedOid: who.Object, SignedTid: who.Tenant, SignedStart: asked.Start, SignedExpiry: asked.Expiry, SignedService: "b",
		SignedVersion: q.Get("skv"), Value: base64.StdEncoding.EncodeToString(s.delegationKey(account, q))}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(answer) // whoever asked is gone otherwise
}

// mayCopyFrom tells whether a request that writes to an account may copy from a blob of an account here.
func (s *Sim) mayCopyFrom(r *http.Request, to, from string, source *url.URL) bool {
	q := source.Query()
	switch {
	case from == to:
		return true
	case q.Get("sig") != "" && from == diskAccount:
		return s.granted(q.Get("sig"), false)
	case q.Get("sig") != "":
		return s.signatureAllows(http.MethodGet, from, source.Path, q)
	}
	how := r.Clone(r.Context())
	how.Header.Set("Authorization", r.Header.Get("X-Ms-Copy-Source-Authorization"))
	_, err := s.whoCalls(how)
	return err == nil
}
