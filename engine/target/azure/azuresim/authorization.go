package azuresim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Denial is a permission that the caller lacks: an action such as "Microsoft.Compute/images/write", in which "*" is any
// text, at a scope and below it. Of actions on data the list of permissions alone tells.
type Denial struct {
	Action string
	Scope  string // "" is everywhere
}

// Grant is a permission that the caller has: an action such as "Microsoft.Compute/images/write", in which "*" is any text,
// at a scope and below it.
type Grant struct {
	Action string
	Scope  string // "" is everywhere
}

// operation is the permission that a call takes.
//
// Reference: https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations
func (c *call) operation() string {
	typ := c.id.Type
	if c.id.Is(groupType) || c.id.Is(subscriptionType) {
		typ = strings.Replace(typ, "Microsoft.Resources/resourceGroups", "Microsoft.Resources/subscriptions/resourceGroups", 1)
	}
	switch c.r.Method {
	case http.MethodGet, http.MethodHead:
		switch {
		case c.tail == "" && !strings.Contains(typ, "/"): // a provider
			return "Microsoft.Resources/subscriptions/providers/read"
		case c.tail != "" && !(c.id.Is(groupType) && strings.EqualFold(c.tail, "resourceGroups")):
			typ += "/" + c.tail
		}
		return typ + "/read"
	case http.MethodDelete:
		return typ + "/delete"
	case http.MethodPost:
		return typ + "/" + c.tail + "/action"
	}
	return typ + "/write"
}

// mayDo refuses what the caller has no permission for.
func (c *call) mayDo() error {
	if strings.EqualFold(c.id.Type, "Microsoft.Authorization") { // everybody may ask what he may
		return nil
	}
	return c.sim.permits(c.who, c.operation(), c.id)
}

func (s *Sim) permits(who claims, action string, id ID) error {
	if s.allows(action, id.Key()) {
		return nil
	}
	return refuse(http.StatusForbidden, "AuthorizationFailed",
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' or the "+
			"scope is invalid. If access was recently granted, please refresh your credentials.", who.App, who.Object, action, id)
}

// allows tells whether an action is granted, if grants there are, and not denied.
func (s *Sim) allows(action, scope string) bool {
	if slices.ContainsFunc(s.opts.Denied, func(d Denial) bool { return d.covers(action, scope) }) {
		return false
	}
	return s.opts.Granted == nil || slices.ContainsFunc(s.opts.Granted, func(g Grant) bool { return Denial(g).covers(action, scope) })
}

// Grant leaves the caller no permissions but these; nil gives all of them back.
func (s *Sim) Grant(list []Grant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Granted = list
}

// mayDeploy refuses a template with a resource that the caller has no permission to write.
func (s *Sim) mayDeploy(who claims, id ID, resources []*planned) error {
	for _, p := range resources {
		action := kindOf(p.id.Type).name + "/write"
		if err := s.permits(who, action, p.id); err != nil {
			e := refuse(http.StatusForbidden, "InvalidTemplateDeployment",
				"Deployment '%s' failed with error: 'Authorization failed for template resource '%s' of type '%s'. The client '%s' with "+
					"object id '%s' does not have permission to perform action '%s' at scope '%s'.'.", id.Name(), p.id.Name(), p.id.Type,
				who.App, who.Object, action, p.id)
			e.Details = []*Error{asError(err)}
			return e
		}
	}
	return nil
}

func (d Denial) covers(action, scope string) bool {
	return pattern(d.Action).MatchString(action) && within(scope, strings.ToLower(d.Scope))
}

// listPermissions answers with everything, or what is granted at the scope, but what is denied there. Actions on data are
// all granted.
func listPermissions(c *call) (*reply, error) {
	scope := strings.ToLower(c.id.Scope)
	if scope == "" {
		id := c.id
		id.Type, id.Names = "", nil
		scope = id.Key()
	}
	not := []any{}
	for _, d := range c.sim.opts.Denied {
		if within(scope, strings.ToLower(d.Scope)) {
			not = append(not, d.Action)
		}
	}
	actions := []any{"*"}
	if c.sim.opts.Granted != nil {
		actions = []any{}
		for _, g := range c.sim.opts.Granted {
			if within(scope, strings.ToLower(g.Scope)) {
				actions = append(actions, g.Action)
			}
		}
	}
	return page([]any{object{"actions": actions, "notActions": not, "dataActions": []any{"*"}, "notDataActions": not}}), nil
}

func checkRoleAssignment(c *change) error {
	b := c.body()
	if text(b, "properties", "principalId") == "" || text(b, "properties", "roleDefinitionId") == "" {
		return refuse(http.StatusBadRequest, "BadRequestFormat",
			"The request was incorrectly formatted: it takes principalId and roleDefinitionId.")
	}
	scope := c.id.Scope
	if scope == "" {
		scope = strings.TrimSuffix(ID{Subscription: c.id.Subscription, Group: c.id.Group}.String(), "/")
	}
	set(b, scope, "properties", "scope")
	for _, r := range c.sim.store.list(func(r *resource) bool {
		return r.id.Is(c.kind.name) && r.id.Key() != c.id.Key()
	}) {
		if strings.EqualFold(text(r.body, "properties", "scope"), scope) &&
			text(r.body, "properties", "principalId") == text(b, "properties", "principalId") &&
			strings.EqualFold(text(r.body, "properties", "roleDefinitionId"), text(b, "properties", "roleDefinitionId")) {
			return refuse(http.StatusConflict, "RoleAssignmentExists", "The role assignment already exists.")
		}
	}
	fill(b, "ServicePrincipal", "properties", "principalType")
	set(b, stamp(time.Now()), "properties", "createdOn")
	return nil
}

func checkUserIdentity(c *change) error {
	set(c.body(), c.sim.opts.TenantID, "properties", "tenantId")
	set(c.body(), nameUUID("client "+c.id.Key()), "properties", "clientId")
	set(c.body(), nameUUID("principal "+nameUUID("client "+c.id.Key())), "properties", "principalId")
	return nil
}

// completeIdentity fills in who a resource is that has an identity, and those that were assigned to it.
func (c *change) completeIdentity() {
	b := c.body()
	if strings.Contains(text(b, "identity", "type"), "SystemAssigned") {
		set(b, nameUUID("principal "+c.id.Key()), "identity", "principalId")
		set(b, c.sim.opts.TenantID, "identity", "tenantId")
	}
	assigned, _ := at(b, "identity", "userAssignedIdentities").(object)
	for id := range assigned {
		if r := c.sim.store.find(id); r != nil {
			assigned[id] = object{"principalId": text(r.body, "properties", "principalId"),
				"clientId": text(r.body, "properties", "clientId")}
		}
	}
}
