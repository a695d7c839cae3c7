package armexpr

import (
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
)

// guidSpace is the namespace that the service makes its GUIDs in.
var guidSpace = [16]byte{0x11, 0xfb, 0x06, 0xfb, 0x71, 0x2d, 0x4d, 0xdd, 0x98, 0xc7, 0xe7, 0x1b, 0xbd, 0x58, 0x88, 0x30}

// guidOf is guid(): a UUID of version 5, made of the arguments with dashes between them.
// Reference: https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-5
func guidOf(a *Args) (*armjson.Node, error) {
	name, err := joinedName(a)
	if err != nil {
		return nil, err
	}
	sum := sha1.Sum(slices.Concat(guidSpace[:], name))
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	s := hex.EncodeToString(u)
	return armjson.NewString(strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")), nil
}

// joinedName is what guid and uniqueString make a hash of: the arguments, which must be texts, with dashes between
// them.
func joinedName(a *Args) ([]byte, error) {
	parts, err := a.Texts()
	if err != nil {
		return nil, err
	}
	size := 0
	for _, p := range parts {
		size += len(p) + 1
	}
	if err := a.Fits(int64(size), 0); err != nil {
		return nil, err
	}
	if err := a.work(int64(size)); err != nil {
		return nil, err
	}
	return []byte(strings.Join(parts, "-")), nil
}

// newGUID is new in each deployment, so it is known only where the caller says what it shall be.
func newGUID(a *Args) (*armjson.Node, error) {
	if a.Env.Context.GUID == nil {
		return a.Missing("newGuid() is another value in each deployment", "give the parameter a value"), nil
	}
	return armjson.NewString(a.Env.Context.GUID()), nil
}
