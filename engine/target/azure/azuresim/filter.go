package azuresim

import (
	"net/http"
	"regexp"
	"strings"
)

// filter is what $filter asks of a list of resources or resource groups: conditions that all have to hold.
type filter struct{ conditions []condition }

// condition is one of them: a field of a resource, or a tag with a value.
type condition struct {
	field, value string
	tag          string // of the field "tag"; its value may be anything then, if none is asked for
	hasValue     bool
	not          bool
}

var (
	filterTerm = regexp.MustCompile(`(?i)^\s*(\w+)\s+(eq|ne)\s+'((?:[^']|'')*)'\s*$`)
	filterAnd  = regexp.MustCompile(`(?i)\s+and\s+`)
)

// filterFields are the fields that resources are asked for by.
var filterFields = map[string]func(*resource) string{
	"resourcetype":  func(r *resource) string { return r.id.Type },
	"resourcegroup": func(r *resource) string { return r.id.Group },
	"name":          func(r *resource) string { return r.id.Name() },
	"location":      func(r *resource) string { return text(r.body, "location") },
}

// readFilter reads that of a request. Azure takes tagName and tagValue together, and neither with anything else.
//
// Reference: https://learn.microsoft.com/rest/api/resources/resources/list
func readFilter(r *http.Request) (*filter, error) {
	given := r.URL.Query().Get("$filter")
	f := &filter{}
	if strings.TrimSpace(given) == "" {
		return f, nil
	}
	bad := refuse(http.StatusBadRequest, "InvalidFilterInQueryString", "Invalid $filter '%s' specified in the query string.", given)
	for _, term := range filterAnd.Split(given, -1) {
		m := filterTerm.FindStringSubmatch(term)
		if m == nil {
			return nil, bad
		}
		field, value := strings.ToLower(m[1]), strings.ReplaceAll(m[3], "''", "'")
		c := condition{field: field, value: value, hasValue: true, not: strings.EqualFold(m[2], "ne")}
		switch last := len(f.conditions) - 1; {
		case field == "tagname" && last < 0 && !c.not:
			c = condition{field: "tag", tag: value}
		case field == "tagvalue" && last == 0 && f.conditions[0].field == "tag" && !f.conditions[0].hasValue && !c.not:
			f.conditions[0].value, f.conditions[0].hasValue = value, true
			continue
		case filterFields[field] == nil || last >= 0 && f.conditions[0].field == "tag":
			return nil, bad
		}
		f.conditions = append(f.conditions, c)
	}
	return f, nil
}

// fits tells whether a resource is asked for.
func (f *filter) fits(r *resource) bool {
	for _, c := range f.conditions {
		if c.field == "tag" {
			v, has := at(r.body, "tags", c.tag).(string)
			if !has || c.hasValue && v != c.value {
				return false
			}
			continue
		}
		if strings.EqualFold(filterFields[c.field](r), c.value) == c.not {
			return false
		}
	}
	return true
}
