package azuresim

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

func listGroups(c *call) (*reply, error) {
	f, err := readFilter(c.r)
	if err != nil {
		return nil, err
	}
	var values []any
	for _, r := range c.sim.store.list(func(r *resource) bool {
		return r.id.Is(groupType) && strings.EqualFold(r.id.Subscription, c.id.Subscription) && f.fits(r)
	}) {
		values = append(values, c.sim.show(r, c.r))
	}
	return page(values), nil
}

// listResources lists what is in a group or a subscription, without children and properties, as Azure does.
func listResources(c *call) (*reply, error) {
	if c.id.Group != "" && c.sim.store.get(c.id.In()) == nil {
		return nil, notFound(c.id.In())
	}
	f, err := readFilter(c.r)
	if err != nil {
		return nil, err
	}
	more := strings.ToLower(c.r.URL.Query().Get("$expand"))
	values := []any{}
	for _, r := range c.sim.store.inside(c.id) {
		if r.kind == nil || r.kind.nowhere || r.id.Is(groupType) || !f.fits(r) {
			continue
		}
		o := object{}
		for _, name := range []string{"id", "name", "type", "location", "tags", "identity", "sku", "kind", "managedBy", "plan"} {
			if v := at(r.body, name); v != nil {
				o[name] = v
			}
		}
		if strings.Contains(more, "provisioningstate") {
			o["provisioningState"] = r.state()
		}
		if strings.Contains(more, "createdtime") {
			o["createdTime"] = stamp(r.created)
		}
		if strings.Contains(more, "changedtime") {
			o["changedTime"] = stamp(r.changed)
		}
		values = append(values, o)
	}
	return page(values), nil
}

// cutPage leaves the page of a list that was asked for, of Options.PageSize elements or $top, and tells where the next
// one is.
func (c *call) cutPage(a *reply) error {
	body, _ := a.body.(object)
	values, isList := body["value"].([]any)
	size := c.sim.opts.PageSize
	q := c.r.URL.Query()
	if top, err := strconv.Atoi(q.Get("$top")); err == nil && top > 0 && (size == 0 || top < size) {
		size = top
	}
	if !isList || size == 0 || c.r.Method != http.MethodGet {
		return nil
	}
	from := 0
	if token := q.Get("$skiptoken"); token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 {
			return refuse(http.StatusBadRequest, "InvalidSkipToken", "The skip token '%s' is not valid.", token)
		}
		from = min(n, len(values))
	}
	end := min(from+size, len(values))
	if end < len(values) {
		q.Set("$skiptoken", strconv.Itoa(end))
		body["nextLink"] = baseURL(c.r) + (&url.URL{Path: c.r.URL.Path}).EscapedPath() + "?" + q.Encode()
	}
	body["value"] = values[from:end]
	return nil
}
