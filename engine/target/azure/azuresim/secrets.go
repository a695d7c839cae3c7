package azuresim

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// vaultVersion is a version of the vault's own interface: dated ones until 2016, numbers since then.
var vaultVersion = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}|\d+\.\d+)(-preview[.\d]*)?$`)

// serveVault answers at the vault's own name: its secrets, and certificates as far as they are secrets with a
// certificate's look.
//
// Reference: https://learn.microsoft.com/rest/api/keyvault/
func (s *Sim) serveVault(w http.ResponseWriter, r *http.Request, vault string, data []byte) {
	if _, err := s.whoCalls(r); err != nil {
		e := asError(err)
		e.Header = http.Header{"Www-Authenticate": {`Bearer authorization="` + s.URL() + "/" + s.opts.TenantID +
			`", resource="https://vault.` + Suffix + `"`}}
		writeError(w, e)
		return
	}
	if version := r.URL.Query().Get("api-version"); !vaultVersion.MatchString(version) {
		writeError(w, refuse(http.StatusBadRequest, "BadParameter", "The api-version '%s' is missing or invalid.", version))
		return
	}
	var body object
	if len(data) > 0 {
		if err := json.Unmarshal(data, &body); err != nil {
			writeError(w, refuse(http.StatusBadRequest, "BadParameter", "%v", err))
			return
		}
	}
	answer, err := s.locked(func() (*reply, error) { return s.vaultAnswer(r, vault, body) })
	if err != nil {
		writeError(w, err)
		return
	}
	answer.write(w)
}

func (s *Sim) vaultAnswer(r *http.Request, name string, body object) (*reply, error) {
	vault := s.named(vaultType, name)
	if vault == nil {
		return nil, refuse(http.StatusNotFound, "VaultNotFound", "There is no vault '%s'.", name)
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	collection := strings.ToLower(parts[0])
	if collection != "secrets" && collection != "certificates" {
		return nil, refuse(http.StatusNotFound, "NotFound", "'%s' is not served.", r.URL.Path)
	}
	if len(parts) == 1 && r.Method == http.MethodGet {
		var values []any
		for _, one := range s.store.children(vault.id, "secrets") {
			shown := s.vaultItem(one, collection)
			delete(shown, "value")
			values = append(values, shown)
		}
		return page(values), nil
	}
	if len(parts) < 2 {
		return nil, refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "The method '%s' is not served for '%s'.",
			r.Method, r.URL.Path)
	}
	id := vault.id.Child("secrets", parts[1])
	old := s.store.get(id)
	importing := collection == "certificates" && len(parts) == 3 && parts[2] == "import" && r.Method == http.MethodPost
	switch {
	case r.Method == http.MethodPut && collection == "secrets", importing:
		document := object{"properties": object{"value": at(body, "value"), "contentType": at(body, "contentType"),
			"attributes": at(body, "attributes")}}
		if importing {
			set(document, "application/x-pkcs12", "properties", "contentType")
		}
		ch := &change{sim: s, id: id, kind: kindOf(secretType)}
		if _, err := s.apply(ch, document); err != nil {
			return nil, err
		}
		return ok(s.vaultItem(ch.res, collection)), nil
	case old == nil:
		return nil, refuse(http.StatusNotFound, "SecretNotFound",
			"A secret with (name/id) %s was not found in this key vault.", parts[1])
	case r.Method == http.MethodGet && (len(parts) == 2 || parts[2] == "" || parts[2] == text(old.secret, "version")):
		return ok(s.vaultItem(old, collection)), nil
	case r.Method == http.MethodGet:
		return nil, refuse(http.StatusNotFound, "SecretNotFound", "The secret %s has no version %s.", parts[1], parts[2])
	case r.Method == http.MethodDelete:
		shown := s.vaultItem(old, collection)
		delete(shown, "value")
		s.forget(old)
		return ok(shown), nil
	}
	return nil, refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "The method '%s' is not served for '%s'.",
		r.Method, r.URL.Path)
}

// vaultItem is a secret as the vault shows it.
func (s *Sim) vaultItem(r *resource, collection string) object {
	uri := strings.Replace(text(r.body, "properties", "secretUriWithVersion"), "/secrets/", "/"+collection+"/", 1)
	now := time.Now().Unix()
	o := object{"id": uri, "attributes": object{"enabled": true, "created": r.created.Unix(), "updated": now,
		"recoveryLevel": "Purgeable"}}
	if kind := text(r.body, "properties", "contentType"); kind != "" {
		o["contentType"] = kind
	}
	if collection == "certificates" {
		o["sid"] = text(r.body, "properties", "secretUriWithVersion")
		return o
	}
	o["value"] = text(r.secret, "value")
	return o
}
