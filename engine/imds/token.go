package imds

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// notAzure is why there is no identity to tell of.
const notAzure = "this is a build VM of Ingot, which has none"

// identityNotFound is how the service says that the VM has no such identity. Clients look for these words.
func identityNotFound(why string) *refused {
	return &refused{http.StatusBadRequest, object{"error": "invalid_request", "error_description": "Identity not found: " + why}}
}

func invalidRequest(why string) *refused {
	return &refused{http.StatusBadRequest, object{"error": "invalid_request", "error_description": why}}
}

// token gives a token of the VM's identity: that is one of whoever is signed in on this machine, where the template gives the VM an
// identity and somebody allowed the resource.
func (h *handler) token(w http.ResponseWriter, r *http.Request, query url.Values) *refused {
	if err := checkVersion(query, tokenVersions); err != nil {
		return err
	}
	resource := query.Get("resource")
	if resource == "" {
		return invalidRequest("Required query variable 'resource' is missing")
	}
	if why := h.forbids(resource, query); why != "" {
		h.Say(fmt.Sprintf("metadata: the build VM was given no token for %s: %s", shown(resource), why))
		return identityNotFound(why)
	}
	t, err := h.Tokens.Get(r.Context(), strings.TrimSuffix(resource, "/")+"/.default")
	if err != nil {
		why := err.Error()
		if fix, ok := errors.AsType[interface {
			error
			Fix() string
		}](err); ok && fix.Fix() != "" {
			why += "; " + fix.Fix()
		}
		h.Say(fmt.Sprintf("metadata: there is no token for %s: %s", shown(resource), why))
		return invalidRequest(why)
	}
	h.Say(fmt.Sprintf("metadata: the build VM has a token for %s, as %s", shown(resource), t.Who))
	seconds := max(0, int64(time.Until(t.Expires).Seconds()))
	w.Header().Set("Cache-Control", "no-store")
	reply(w, http.StatusOK, map[string]string{
		"access_token": t.Value, "client_id": cmp.Or(query.Get("client_id"), nobody), "expires_in": strconv.FormatInt(seconds, 10),
		"ext_expires_in": strconv.FormatInt(seconds, 10), "expires_on": strconv.FormatInt(t.Expires.Unix(), 10),
		"not_before": strconv.FormatInt(time.Now().Unix(), 10), "resource": resource, "token_type": "Bearer",
	})
	return nil
}

// forbids says why no token for a resource may be had, or "".
func (h *handler) forbids(resource string, query url.Values) string {
	identities := h.VM.Plan.Azure.VMIdentities
	wanted := cmp.Or(query.Get("msi_res_id"), query.Get("mi_res_id"))
	switch {
	case len(identities) == 0:
		return "vmProfile.userAssignedIdentities of the image template gives the build VM none, so that the service would refuse it too"
	case wanted != "" && !slices.ContainsFunc(identities, func(id string) bool { return strings.EqualFold(id, wanted) }):
		return shown(wanted) + " is not in vmProfile.userAssignedIdentities of the image template"
	case h.Tokens.Get == nil || len(h.Tokens.Allowed) == 0:
		return "Ingot gives a build VM no tokens unless it is run with --allow-identity " + shown(strings.TrimSuffix(resource, "/"))
	case !h.Tokens.allow(resource):
		return fmt.Sprintf("--allow-identity has %s, and not %s", strings.Join(h.Tokens.Allowed, ", "), shown(resource))
	}
	return ""
}

// allow reports whether tokens for a resource were allowed. A slash at the end is the same resource, and so is another case of letters.
func (t Tokens) allow(resource string) bool {
	resource = strings.TrimSuffix(resource, "/")
	return slices.ContainsFunc(t.Allowed, func(one string) bool {
		return one == AllResources || strings.EqualFold(strings.TrimSuffix(one, "/"), resource)
	})
}

// shown is what a guest wrote, as it may stand in a log.
func shown(text string) string {
	const most = 200
	if len(text) > most {
		text = text[:most] + "…"
	}
	return strconv.Quote(text)
}
