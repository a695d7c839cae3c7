package azurearm

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// What an answer may cost, whoever wrote it.
const (
	maxBody    = 1 << 20 // bytes of an answer that are looked at
	maxParsed  = 4 << 20 // bytes that are parsed: a text inside a text is parsed again
	maxDepth   = 24      // errors inside errors
	maxErrors  = 64      // errors that are looked up
	maxStarts  = 32      // places in a text where JSON may begin
	maxMatched = 4 << 10 // bytes of a message that are looked at
)

// finding is one error in an answer.
type finding struct {
	status                          int
	code, message, target, resource string
	policies                        string
	outer                           []string // codes around it, outermost first
}

// search goes through an answer to the error inside that says most. Budget: bytes left to parse, and errors seen.
type search struct {
	left int
	seen int
}

// text looks for errors in a text: JSON as a whole or somewhere in it, once more with its quotes unescaped, and the lists of the plugin.
func (s *search) text(text string, depth int) (finding, bool) {
	if depth > maxDepth {
		return finding{}, false
	}
	var best finding
	var ok bool
	better := func(f finding, found bool) {
		if found && (!ok || rank(f) > rank(best)) {
			best, ok = f, true
		}
	}
	for try, t := 0, text; try < 3 && s.left > 0; try++ {
		for starts, at := 0, 0; starts < maxStarts; starts++ {
			i := strings.IndexByte(t[at:], '{')
			if i < 0 || s.left <= 0 {
				break
			}
			at += i
			value, size := decode(t[at:])
			if size == 0 {
				s.left -= len(t) - at // as much as that may have been read
				at++
				continue
			}
			s.left -= size
			at += size
			better(s.value(value, depth+1))
		}
		if ok || !strings.Contains(t, `\"`) {
			break
		}
		s.left -= len(t)
		t = unescape.Replace(t)
	}
	if !ok || rank(best) == 0 {
		better(listed(text))
		better(autorest(text))
	}
	return best, ok
}

// unescape undoes one layer of quoting.
var unescape = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\r`, "\r", `\t`, "\t")

// decode reads one JSON value from the start of a text, and tells how long it is; 0 is none.
func decode(t string) (any, int) {
	d := json.NewDecoder(strings.NewReader(t))
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, 0
	}
	return v, int(d.InputOffset())
}

// value looks for errors in a JSON value.
func (s *search) value(v any, depth int) (best finding, ok bool) {
	if depth > maxDepth || s.seen > maxErrors {
		return finding{}, false
	}
	better := func(f finding, found bool) {
		if found && (!ok || rank(f) > rank(best)) {
			best, ok = f, true
		}
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			better(s.value(e, depth+1))
		}
	case map[string]any:
		o := folded(v)
		code, message := o.text("code"), o.text("message")
		if code != "" && (message != "" || rank(finding{code: code}) > 1) || message != "" && o["details"] != nil {
			return s.refusal(o, code, message, depth)
		}
		// An operation of a deployment, the state of a long operation, an envelope, or a list of one of those.
		if state := o.text("provisioningstate"); strings.EqualFold(state, "Succeeded") {
			return finding{}, false
		}
		for _, name := range []string{"error", "odata.error", "statusmessage", "properties", "value", "details", "innererror"} {
			inner, there := o[name]
			if !there {
				continue
			}
			if t, is := inner.(string); is {
				better(s.text(t, depth+1))
			} else {
				better(s.value(inner, depth+1))
			}
		}
		if about, is := o["targetresource"].(map[string]any); is && ok && best.resource == "" {
			best.resource = folded(about).text("id")
		}
		if n, err := strconv.Atoi(o.text("statuscode")); err == nil && ok && best.status == 0 {
			best.status = n
		}
	}
	return best, ok
}

// refusal is an error with a code and a message, and what is inside of it. The innermost counts, unless one around it says more: inside
// a FailedIdentityOperation there may be a mere BadRequest.
func (s *search) refusal(o object, code, message string, depth int) (finding, bool) {
	s.seen++
	own := finding{code: code, message: message, target: o.text("target"), policies: policiesIn(o, message)}
	if strings.HasPrefix(own.target, "/subscriptions/") {
		own.resource = own.target
	}
	var best finding
	ok := false
	better := func(f finding, found bool) {
		if found && (!ok || rank(f) > rank(best)) {
			best, ok = f, true
		}
	}
	if strings.Contains(message, "{") {
		better(s.text(message, depth+1))
	}
	better(s.value(o["details"], depth+1))
	for _, name := range []string{"innererror", "error"} {
		if inner, is := o[name].(map[string]any); is {
			f, found := s.value(inner, depth+1)
			if found && f.message == "" { // a code that is more exact, without words of its own
				f.message = message
			}
			better(f, found)
		}
	}
	if !ok || rank(best) < rank(own) {
		return own, true
	}
	if code != "" {
		best.outer = append([]string{code}, best.outer...)
	}
	if best.resource == "" {
		best.resource = own.resource
	}
	return best, true
}

// object is a JSON object whose names are lower case: Azure's services do not agree about "innerError", "Code" and the like.
type object map[string]any

func folded(m map[string]any) object {
	o := make(object, len(m))
	for name, v := range m {
		o[strings.ToLower(name)] = v
	}
	return o
}

func (o object) text(name string) string {
	t, _ := o[name].(string)
	return t
}

// policiesIn names the policy assignments that forbade something: in the additional information, or quoted in the message.
func policiesIn(o object, message string) string {
	var names []string
	add := func(name string) {
		if name != "" && len(names) < 8 && !strings.Contains(strings.Join(names, "\n"), name) {
			names = append(names, name)
		}
	}
	infos, _ := o["additionalinfo"].([]any)
	for _, info := range infos {
		entry, _ := info.(map[string]any)
		inner, _ := folded(entry)["info"].(map[string]any)
		about := folded(inner)
		if name := about.text("policyassignmentdisplayname"); name != "" {
			add(name)
		} else {
			add(about.text("policyassignmentname"))
		}
	}
	for _, m := range policyName.FindAllStringSubmatch(cut(message, maxMatched), 8) {
		add(m[1])
	}
	if len(names) == 0 {
		return ""
	}
	return strconv.Quote(strings.Join(names, `", "`))
}

var policyName = regexp.MustCompile(`\\?"policyAssignment\\?"\s*:\s*\{\s*\\?"name\\?"\s*:\s*\\?"([^"\\]+)`)
