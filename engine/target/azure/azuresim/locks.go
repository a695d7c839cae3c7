package azuresim

import (
	"net/http"
	"slices"
	"strings"
)

const lockType = "Microsoft.Authorization/locks"

// checkLock refuses a lock of no known level.
func checkLock(c *change) error {
	switch level := text(c.body(), "properties", "level"); level {
	case "CanNotDelete", "ReadOnly":
		return nil
	default:
		return refuse(http.StatusBadRequest, "InvalidLockLevel", "The lock level '%s' is none of CanNotDelete and ReadOnly.", level)
	}
}

// locked is what a lock is on: a resource, a group or a subscription.
func locked(lock *resource) string {
	if lock.id.Scope != "" {
		return lock.id.Scope
	}
	id := ID{Subscription: lock.id.Subscription, Group: lock.id.Group}
	return id.String()
}

// checkLocked refuses a deletion that a lock on the resource, around it or inside it forbids, or a change of what a
// lock of the level ReadOnly is on. Locks themselves are not held by locks.
//
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
func (s *Sim) checkLocked(id ID, deletion bool) error {
	if id.Is(lockType) {
		return nil
	}
	key := id.Key()
	var scopes []string
	for _, lock := range s.store.list(func(r *resource) bool { return r.id.Is(lockType) }) {
		scope := strings.ToLower(locked(lock))
		around := within(key, scope)
		inside := within(scope, key)
		if deletion && (around || inside) || around && text(lock.body, "properties", "level") == "ReadOnly" {
			scopes = append(scopes, locked(lock))
		}
	}
	if scopes == nil {
		return nil
	}
	slices.Sort(scopes)
	what := map[bool]string{true: "delete", false: "write"}[deletion]
	return refuse(http.StatusConflict, "ScopeLocked", "The scope '%s' cannot perform %s operation because following scope(s) "+
		"are locked: '%s'. Please remove the lock and try again.", id, what, strings.Join(slices.Compact(scopes), "', '"))
}

// within tells whether an id in lower case is that of a scope or below it; "" is around everything.
func within(id, scope string) bool {
	return scope == "" || id == scope || strings.HasPrefix(id, scope+"/")
}
