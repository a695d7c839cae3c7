package azuresim

import (
	"net/http"
	"strings"
)

// checkPlace refuses a document whose group, parent or location is not there.
func (s *Sim) checkPlace(c *change, body object) error {
	if c.id.Group != "" && !c.id.Is(groupType) {
		group := s.store.get(c.id.In())
		switch {
		case group == nil:
			return notFound(c.id.In())
		case group.state() == "Deleting":
			return refuse(http.StatusConflict, "ResourceGroupBeingDeleted",
				"The resource group '%s' is in deprovisioning state and cannot perform this operation.", c.id.Group)
		}
	}
	if p := c.id.Parent(); p.Type != "" && kindOf(p.Type) != nil && s.store.get(p) == nil {
		return refuse(http.StatusNotFound, "ParentResourceNotFound",
			"Failed to perform 'write' on resource(s) of type '%s', because the parent resource '%s' could not be "+
				"found.", c.id.Type, p)
	}
	if err := s.checkRegistered(c.id); err != nil {
		return err
	}
	if c.kind.nowhere {
		return nil
	}
	old := s.store.get(c.id)
	place := normal(text(body, "location"))
	switch {
	case place == "" && old == nil:
		return refuse(http.StatusBadRequest, "LocationRequired", "The location property is required for this definition.")
	case place != "" && !knownLocation(place):
		return refuse(http.StatusBadRequest, "LocationNotAvailableForResourceType",
			"The provided location '%s' is not available for resource type '%s'. List of available regions for the resource "+
				"type is '%s'.", place, c.kind.name, strings.Join(locationNames(), ","))
	case place != "" && old != nil && place != text(old.body, "location"):
		return refuse(http.StatusConflict, "InvalidResourceLocation",
			"The resource '%s' already exists in location '%s' in resource group '%s'. A resource with the same name cannot "+
				"be created in location '%s'. Please select a new resource name.", c.id.Name(), text(old.body,
				"location"), c.id.Group, place)
	}
	return nil
}

// refersBy are the names of members that hold ids of other resources.
var refersBy = map[string]bool{"id": true, "sourceresourceid": true, "sourceid": true, "virtualmachineid": true}

// checkReferences refuses a document that refers to a resource of a known kind which is not there.
func (s *Sim) checkReferences(c *change) error {
	var missing string
	own := c.id.Key()
	walk(c.body(), "", func(name, value string) {
		if !refersBy[strings.ToLower(name)] || missing != "" || !strings.HasPrefix(strings.ToLower(value),
			"/subscriptions/") {
			return
		}
		id, tail, isID := parsePath(value)
		if !isID || tail != "" || kindOf(id.Type) == nil || s.store.get(id) != nil {
			return
		}
		if c.old != nil && refersTo(c.old, id) { // what is gone since may stay in the document
			return
		}
		if key := id.Key(); key != own && !strings.HasPrefix(key, own+"/") {
			missing = value
		}
	})
	switch {
	case missing == "":
		return nil
	case strings.EqualFold(c.id.Provider(), "Microsoft.Network"):
		return refuse(http.StatusBadRequest, "InvalidResourceReference",
			"Resource %s referenced by resource %s was not found. Please make sure that the referenced resource exists, and "+
				"that both resources are in the same region.",
			missing, c.id)
	}
	id, _, _ := parsePath(missing)
	e := notFound(id)
	e.Target = missing
	return e
}
