package winrmserver

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"
)

// login is what a connection has shown so far. HTTP/1.1 brings its requests one after another, so it needs no lock.
type login struct {
	user     string    // "": nobody yet
	exchange *exchange // NTLM under way
}

type loginKey struct{}

// admit reports who a request is from. If it is nobody that may come in, the reply is written already.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (string, bool) {
	l, ok := r.Context().Value(loginKey{}).(*login)
	if !ok {
		l = new(login) // not behind ConnContext: a connection that remembers nothing
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case scheme == "" && l.user != "":
		return l.user, true // NTLM logs a connection in, not a request
	case strings.EqualFold(scheme, "Basic") && !s.opts.NoBasic:
		user, password, _ := r.BasicAuth()
		if _, short, ok := strings.Cut(user, `\`); ok {
			user = short
		}
		if strings.EqualFold(user, s.opts.User) && subtle.ConstantTimeCompare([]byte(password), []byte(s.opts.Password)) == 1 {
			return s.opts.User, true
		}
	case (strings.EqualFold(scheme, "Negotiate") || strings.EqualFold(scheme, "NTLM")) && !s.opts.NoNTLM:
		message, err := base64.StdEncoding.DecodeString(token)
		if err != nil {
			break
		}
		x := l.exchange
		l.user, l.exchange = "", nil
		switch kind := ntlmKind(message); {
		case kind == 1:
			l.exchange = begin(message)
			w.Header().Set("WWW-Authenticate", scheme+" "+base64.StdEncoding.EncodeToString(l.exchange.challenge))
			w.WriteHeader(http.StatusUnauthorized)
			return "", false
		case kind == 3 && x != nil && x.finish(message, s.opts.User, s.opts.Password) == nil:
			l.user = s.opts.User
			return l.user, true
		}
	}
	s.refuse(w)
	return "", false
}

func (s *Server) refuse(w http.ResponseWriter) {
	if !s.opts.NoNTLM {
		w.Header().Add("WWW-Authenticate", "Negotiate")
	}
	if !s.opts.NoBasic {
		w.Header().Add("WWW-Authenticate", `Basic realm="WSMAN"`)
	}
	w.WriteHeader(http.StatusUnauthorized)
}
