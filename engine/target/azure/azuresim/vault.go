package azuresim

import (
	"net/http"
	"regexp"
	"strings"
)

var vaultName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$`)

// checkVault completes a key vault. A deleted one is gone: there is no recovery of vaults, whatever they say about it.
func checkVault(c *change) error {
	if !vaultName.MatchString(c.id.Name()) {
		return refuse(http.StatusBadRequest, "VaultNameNotValid", "The vault name '%s' is invalid.", c.id.Name())
	}
	if other := c.sim.named(vaultType, c.id.Name()); other != nil && other.id.Key() != c.id.Key() {
		return refuse(http.StatusConflict, "VaultAlreadyExists", "The vault name '%s' is already in use.", c.id.Name())
	}
	b := c.body()
	if text(b, "properties", "tenantId") == "" {
		return refuse(http.StatusBadRequest, "BadRequest", "Parameter 'properties.tenantId' is missing.")
	}
	set(b, "https://"+strings.ToLower(c.id.Name())+".vault."+Suffix+"/", "properties", "vaultUri")
	fill(b, []any{}, "properties", "accessPolicies")
	for _, name := range []string{"enabledForDeployment", "enabledForTemplateDeployment", "enableSoftDelete"} {
		if v := text(b, "properties", name); v != "" { // templates write them as texts
			set(b, strings.EqualFold(v, "true"), "properties", name)
		}
	}
	return nil
}

// named finds a resource of a type whose names are the same everywhere.
func (s *Sim) named(typ, name string) *resource {
	for _, r := range s.store.list(func(r *resource) bool {
		return r.id.Is(typ) && strings.EqualFold(r.id.Name(),
			name)
	}) {
		return r
	}
	return nil
}

func checkVaultName(c *call) (*reply, error) {
	return c.nameAnswer(vaultName.MatchString(text(c.body, "name")), c.sim.named(vaultType, text(c.body,
		"name")) == nil), nil
}

// nameAnswer is what a provider says about a name that is to be had once.
func (c *call) nameAnswer(valid, free bool) *reply {
	o := object{"nameAvailable": valid && free}
	switch {
	case !valid:
		o["reason"], o["message"] = "AccountNameInvalid", text(c.body, "name")+" is not a valid name."
	case !free:
		o["reason"], o["message"] = "AlreadyExists", "The name "+text(c.body, "name")+" is already taken."
	}
	return ok(o)
}

// checkSecret takes the value of a secret out of its document, and gives it a version.
func checkSecret(c *change) error {
	value, has := at(c.body(), "properties", "value").(string)
	if !has && c.old == nil {
		return refuse(http.StatusBadRequest, "BadParameter", "The secret '%s' has no value.", c.id.Name())
	}
	if has {
		c.res.secret["value"] = value
		c.res.secret["version"] = randomName(32)
	}
	unset(c.body(), "properties", "value")
	uri := text(c.sim.store.get(c.id.Parent()).body, "properties", "vaultUri") + "secrets/" + c.id.Name()
	set(c.body(), uri, "properties", "secretUri")
	set(c.body(), uri+"/"+text(c.res.secret, "version"), "properties", "secretUriWithVersion")
	fill(c.body(), true, "properties", "attributes", "enabled")
	return nil
}

// secretAt is the value behind the address of a secret; nil without one. The lock is held.
func (s *Sim) secretAt(address string) []byte {
	host, path, found := strings.Cut(strings.TrimPrefix(address, "https://"), "."+"vault."+Suffix+"/secrets/")
	vault := s.named(vaultType, host)
	if !found || vault == nil {
		return nil
	}
	name, _, _ := strings.Cut(path, "/")
	if r := s.store.get(vault.id.Child("secrets", name)); r != nil {
		return []byte(text(r.secret, "value"))
	}
	return nil
}
