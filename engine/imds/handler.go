package imds

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

type handler struct{ Options }

// refused is an answer that is an error, in the words of the service.
type refused struct {
	status int
	body   any
}

func badRequest(why string) *refused {
	return &refused{http.StatusBadRequest, object{"error": "Bad request. " + why}}
}

func notFound() *refused { return &refused{http.StatusNotFound, object{"error": "Not found"}} }

// ServeHTTP implements http.Handler. Paths are taken as they are: nothing here is cleaned, so nothing leads anywhere else.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h.answer(w, r); err != nil {
		reply(w, err.status, err.body)
	}
}

// answer writes what is asked for, or nothing and says why not.
func (h *handler) answer(w http.ResponseWriter, r *http.Request) *refused {
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if path[0] != "metadata" || len(path) < 2 {
		return notFound()
	}
	if len(r.Header.Values("X-Forwarded-For")) > 0 {
		return badRequest("A request that was forwarded is not answered: it has the header X-Forwarded-For")
	}
	if r.Method != http.MethodGet {
		return &refused{http.StatusMethodNotAllowed, object{"error": "Method not allowed. Only GET is"}}
	}
	if !strings.EqualFold(r.Header.Get("Metadata"), "true") {
		return badRequest("Required metadata header not specified")
	}
	query := r.URL.Query()
	at := func(name string) bool { return strings.Join(path[1:], "/") == name }
	switch {
	case at("versions"):
		reply(w, http.StatusOK, object{"apiVersions": versions})
		return nil
	case path[1] == "instance":
		return h.instance(w, path[2:], query)
	case at("scheduledevents"):
		if err := checkVersion(query, eventVersions); err != nil {
			return err
		}
		reply(w, http.StatusOK, object{"DocumentIncarnation": 1, "Events": list{}})
		return nil
	case at("attested/document"):
		h.Say("metadata: the build VM asked for attested data, which only Azure can sign")
		return badRequest("Attested data is not given here: this is a build VM of Ingot, and only Azure can sign who a VM is")
	case at("identity/oauth2/token"):
		return h.token(w, r, query)
	case at("identity/info"):
		return identityNotFound(notAzure)
	}
	return notFound()
}

// checkVersion holds api-version to those that are known.
func checkVersion(query map[string][]string, known []string) *refused {
	given := query["api-version"]
	why := ""
	switch {
	case len(given) == 0 || given[0] == "":
		why = "api-version was not specified in the request"
	case len(given) > 1:
		why = "api-version was specified more than once"
	case !slices.Contains(known, given[0]):
		why = "api-version is invalid"
	default:
		return nil
	}
	newest := slices.Clone(known[max(0, len(known)-3):])
	slices.Reverse(newest)
	return &refused{http.StatusBadRequest, object{
		"error":           fmt.Sprintf("Bad request. %s. For more information refer to aka.ms/azureimds", why),
		"newest-versions": newest,
	}}
}

// instance gives a part of the document.
func (h *handler) instance(w http.ResponseWriter, path []string, query map[string][]string) *refused {
	if err := checkVersion(query, versions); err != nil {
		return err
	}
	format := "json"
	if given := query["format"]; len(given) > 0 {
		format = strings.ToLower(given[0])
	}
	if format != "json" && format != "text" {
		return badRequest("format is json or text")
	}
	node, ok := find(h.VM.document(query["api-version"][0]), path)
	if !ok {
		return notFound()
	}
	text, leaf := node.(string)
	switch {
	case leaf && format == "json":
		return badRequest("format=text is needed for a single value")
	case leaf:
		replyText(w, text)
	case format == "text":
		replyText(w, names(node))
	default:
		reply(w, http.StatusOK, node)
	}
	return nil
}

// find goes down from a node. Names count as they are written, as the service does it; elements of lists go by their number.
func find(node any, path []string) (any, bool) {
	for _, name := range path {
		switch n := node.(type) {
		case object:
			inner, ok := n[name]
			if !ok {
				return nil, false
			}
			node = inner
		case list:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(n) || strconv.Itoa(i) != name {
				return nil, false
			}
			node = n[i]
		default:
			return nil, false
		}
	}
	return node, true
}

// names lists what is below a node, a line each; what has something below it ends in a slash.
func names(node any) string {
	var lines []string
	add := func(name string, inner any) {
		if _, leaf := inner.(string); !leaf {
			name += "/"
		}
		lines = append(lines, name)
	}
	switch n := node.(type) {
	case object:
		for name, inner := range n {
			add(name, inner)
		}
		slices.Sort(lines)
	case list:
		for i, inner := range n {
			add(strconv.Itoa(i), inner)
		}
	}
	return strings.Join(lines, "\n")
}

func reply(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // it is made of texts
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text) // a guest that went away has no use for it
}

func replyText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text))
}
