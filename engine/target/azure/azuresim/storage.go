package azuresim

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"time"
)

var accountName = regexp.MustCompile(`^[a-z0-9]{3,24}$`)

// checkAccount completes a storage account.
func checkAccount(c *change) error {
	b, name := c.body(), c.id.Name()
	if !accountName.MatchString(name) {
		return refuse(http.StatusBadRequest, "AccountNameInvalid",
			"%s is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and "+
				"use numbers and lower-case letters only.", name)
	}
	if other := c.sim.named(accountType, name); other != nil && other.id.Key() != c.id.Key() {
		return refuse(http.StatusConflict, "StorageAccountAlreadyTaken",
			"The storage account named %s is already taken.", name)
	}
	fill(b, "Standard_LRS", "sku", "name")
	fill(b, strings.SplitN(text(b, "sku", "name"), "_", 2)[0], "sku", "tier")
	fill(b, "StorageV2", "kind")
	fill(b, "Hot", "properties", "accessTier")
	fill(b, stamp(time.Now()), "properties", "creationTime")
	set(b, text(b, "location"), "properties", "primaryLocation")
	set(b, "available", "properties", "statusOfPrimary")
	set(b, object{"blob": "https://" + name + ".blob." + Suffix + "/"}, "properties", "primaryEndpoints")
	return nil
}

// storedAccount makes the one blob service that every account has.
func storedAccount(c *change) {
	if c.old != nil {
		return
	}
	id := c.res.id.Child("blobServices", "default")
	body := object{"id": id.String(), "name": "default", "type": id.Type, "properties": object{}}
	c.sim.store.put(&resource{id: id, kind: kindOf(id.Type), body: body, secret: object{}, created: time.Now()})
}

func checkAccountName(c *call) (*reply, error) {
	name := text(c.body, "name")
	return c.nameAnswer(accountName.MatchString(name), c.sim.named(accountType, name) == nil), nil
}

// accountKey is the key of a storage account: always the same for a name, as long as the emulator runs.
func (s *Sim) accountKey(account string) []byte {
	m := hmac.New(sha512.New, s.key)
	m.Write([]byte("storage account " + account))
	return m.Sum(nil)
}

func accountActions() map[string]*action {
	return map[string]*action{"listkeys": {reads: true, do: func(c *call, r *resource) (*reply, work, error) {
		key := base64.StdEncoding.EncodeToString(c.sim.accountKey(r.id.Name()))
		return ok(object{"keys": []any{
			object{"keyName": "key1", "value": key, "permissions": "FULL"},
			object{"keyName": "key2", "value": key, "permissions": "FULL"},
		}}), nil, nil
	}}}
}

// storedContainer makes a container that was asked for as a resource.
func storedContainer(c *change) {
	blobs, account, container := c.sim.opts.Blobs, c.id.Names[0], c.id.Name()
	if blobs == nil {
		return
	}
	c.sim.start(c.id, false, func(ctx context.Context) (object, error) {
		return nil, blobs.makeContainer(ctx, account, container)
	}, nil)
}
