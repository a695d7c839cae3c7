package build

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/ingot-build/ingot/engine/seal"
	"github.com/ingot-build/ingot/translate/plan"
)

// prefix is what a build VM has behind it before a step: the source image, and each step, as digests under the key of this host. They
// tell two that are not the same apart, and nobody what they are of.
type prefix struct {
	Source  string       `json:"source"`            // digest of what names the source image, and of the sizes of the disks
	Version string       `json:"version,omitempty"` // of the source image, in clear
	Steps   []stepDigest `json:"steps"`
}

// stepDigest is one step of a prefix.
type stepDigest struct {
	Title   string `json:"title"`
	Hidden  bool   `json:"hidden,omitempty"`  // as in plan.Step
	Content string `json:"content,omitempty"` // of its script or file, by its bytes
	Rest    string `json:"rest"`              // of all else that reaches the guest
}

// prefixOf gives what a build VM of p has behind it before step next. The plan has to be resolved.
func prefixOf(p *plan.Plan, next int, key *seal.Key) (prefix, error) {
	secret := key.Derive("checkpoints")
	digest := func(v any) (string, error) {
		text, err := json.Marshal(v)
		if err != nil {
			return "", err
		}
		mac := hmac.New(sha256.New, secret)
		mac.Write(text)
		return hex.EncodeToString(mac.Sum(nil)), nil
	}
	source := p.Source
	source.Origin = plan.Origin{}
	var all prefix
	if x := source.Exact; x != nil {
		all.Version = x.Version
		source.Exact = &plan.Exact{Version: x.Version, ID: x.ID}
		if image := source.PlatformImage; image != nil { // "latest" is the version that it was
			exact := *image
			exact.Version = cmp.Or(x.Version, image.Version)
			source.PlatformImage = &exact
		}
		if x.ID != "" && source.SharedImage != nil {
			source.SharedImage = &plan.ImageRef{ID: x.ID}
		}
	}
	var err error
	if all.Source, err = digest([]any{source, p.OS, p.OSDiskSizeGB, p.DataDisksGB}); err != nil {
		return all, err
	}
	for _, st := range p.Steps[:next] {
		one, err := digestOf(st, digest)
		if err != nil {
			return all, fmt.Errorf("make a digest of %s: %w", st.Title(), err)
		}
		all.Steps = append(all.Steps, one)
	}
	return all, nil
}

// digestOf is the digest of a step, whatever it is called and wherever it was written.
func digestOf(st plan.Step, digest func(any) (string, error)) (d stepDigest, err error) {
	d.Title, d.Hidden = st.Title(), st.Hidden
	st.ID, st.Name, st.Origin = "", "", plan.Origin{}
	switch { // a copy, since the content is taken out
	case st.Shell != nil:
		own := *st.Shell
		st.Shell = &own
	case st.File != nil:
		own := *st.File
		st.File = &own
	case st.PowerShell != nil:
		own := *st.PowerShell
		st.PowerShell = &own
	}
	if c := st.Content(); c != nil {
		sum := c.SHA256
		if c.URI == "" {
			bytes := sha256.Sum256([]byte(c.Text))
			sum = hex.EncodeToString(bytes[:])
		} else if !c.Resolved {
			return d, fmt.Errorf("the bytes of %s are not known", c.FileName)
		}
		if d.Content, err = digest(sum); err != nil {
			return d, err
		}
		*c = plan.Content{}
	}
	d.Rest, err = digest(st)
	return d, err
}

// changed says what of a prefix is not as it was, in a clause, and at which of the steps that is; at is -1 for what is before them. "" is
// nothing.
func (was prefix) changed(now prefix) (what string, at int) {
	if was.Source != now.Source {
		if was.Version != now.Version && was.Version != "" && now.Version != "" {
			return fmt.Sprintf("the source image is version %s now, and was %s", now.Version, was.Version), -1
		}
		return "the source image or a disk size is another one", -1
	}
	for i, old := range was.Steps {
		if i >= len(now.Steps) || now.Steps[i].Hidden && !old.Hidden {
			return fmt.Sprintf("%s is gone", old.Title), i
		}
		st := now.Steps[i]
		switch {
		case old.Content != st.Content && old.Rest == st.Rest:
			return fmt.Sprintf("%s has another script or file", st.Title), i
		case old.Content != st.Content || old.Rest != st.Rest:
			if old.Title != st.Title {
				return fmt.Sprintf("%s stands where %s was", st.Title, old.Title), i
			}
			return fmt.Sprintf("%s was changed", st.Title), i
		}
	}
	return "", 0
}
