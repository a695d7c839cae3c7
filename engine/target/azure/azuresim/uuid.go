package azuresim

import (
	"github.com/google/uuid"
)

func randomUUID() string { return uuid.NewString() }

// nameUUID is always the same for a name.
func nameUUID(name string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("azuresim:"+name)).String()
}
