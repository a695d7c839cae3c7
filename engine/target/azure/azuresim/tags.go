package azuresim

import (
	"net/http"
	"strings"
	"time"
)

// tagged finds what the tags of a call are those of: a resource, a group or a subscription.
func (c *call) tagged() (*resource, error) {
	id := ID{Subscription: c.id.Subscription, Type: subscriptionType}
	if c.id.Group != "" {
		id = c.id.In()
	}
	if c.id.Scope != "" {
		scope, tail, isID := parsePath(c.id.Scope)
		if !isID || tail != "" {
			return nil, refuse(http.StatusNotFound, "InvalidResourceId", "The path '%s' is not that of a resource.", c.id.Scope)
		}
		id = scope
	}
	r := c.sim.store.get(id)
	switch {
	case !strings.EqualFold(c.id.Name(), "default"):
		return nil, refuse(http.StatusBadRequest, "InvalidTagsName", "The tags are named 'default', not '%s'.", c.id.Name())
	case r == nil:
		return nil, notFound(id)
	}
	return r, nil
}

func readTags(c *call) (*reply, error) {
	r, err := c.tagged()
	if err != nil {
		return nil, err
	}
	return c.tagsOf(r), nil
}

func (c *call) tagsOf(r *resource) *reply {
	return ok(object{"id": r.id.String() + "/providers/Microsoft.Resources/tags/default", "name": "default",
		"type": "Microsoft.Resources/tags", "properties": object{"tags": clone(orEmpty(at(r.body, "tags")))}})
}

// writeTags answers PUT, which replaces all tags, PATCH, which has an operation, and DELETE. Nothing else of the
// resource changes, also when it is busy.
//
// Reference: https://learn.microsoft.com/rest/api/resources/tags/update-at-scope
func writeTags(c *call) (*reply, error) {
	r, err := c.tagged()
	if err != nil {
		return nil, err
	}
	if err := c.sim.checkLocked(r.id, false); err != nil {
		return nil, err
	}
	given, isObject := at(c.body, "properties", "tags").(object)
	if !isObject && c.r.Method != http.MethodDelete {
		return nil, refuse(http.StatusBadRequest, "InvalidRequestContent", "The request has no properties.tags.")
	}
	now, _ := orEmpty(clone(at(r.body, "tags"))).(object)
	how := "Replace"
	if c.r.Method == http.MethodPatch {
		how = text(c.body, "operation")
	}
	switch how {
	case "Replace":
		now = clone(given)
	case "Merge":
		for name, value := range given {
			dropTag(now, name)
			now[name] = value
		}
	case "Delete": // those whose value is the given one, or is given as ""
		for name, value := range given {
			if value == "" || at(now, name) == value {
				dropTag(now, name)
			}
		}
	default:
		return nil, refuse(http.StatusBadRequest, "InvalidTagsPatchOperation",
			"The operation '%s' is none of Replace, Merge and Delete.", how)
	}
	if len(now) > maxTags {
		return nil, refuse(http.StatusBadRequest, "InvalidTags", "The resource has %d tags, and at most %d are allowed.", len(now), maxTags)
	}
	r.body["tags"], r.changed = now, time.Now()
	if c.r.Method == http.MethodDelete {
		delete(r.body, "tags")
		return &reply{status: http.StatusOK}, nil
	}
	return c.tagsOf(r), nil
}

// maxTags is how many a resource can have.
const maxTags = 50

// dropTag removes one, in whatever letter case its name is.
func dropTag(tags object, name string) {
	for known := range tags {
		if strings.EqualFold(known, name) {
			delete(tags, known)
		}
	}
}
