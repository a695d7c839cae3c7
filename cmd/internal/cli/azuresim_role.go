package cli

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/ingot-build/ingot/engine/preflight"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// grants are the actions of a role, as --write-role of preflight writes it, at the scopes that it is assigned at.
func grants(file string) (granted []azuresim.Grant, denied []azuresim.Denial, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, &usageError{what: "--role: " + err.Error()}
	}
	var role preflight.Role
	if err := json.Unmarshal(data, &role); err != nil || len(role.Actions) == 0 || len(role.AssignableScopes) == 0 {
		return nil, nil, &usageError{what: fmt.Sprintf("--role %q is no role with Actions and AssignableScopes", file),
			fix: "ingot preflight TEMPLATE --write-role=role.json"}
	}
	for _, scope := range role.AssignableScopes {
		for _, action := range role.Actions {
			granted = append(granted, azuresim.Grant{Action: action, Scope: scope})
		}
		for _, action := range role.NotActions {
			denied = append(denied, azuresim.Denial{Action: action, Scope: scope})
		}
	}
	return granted, denied, nil
}
