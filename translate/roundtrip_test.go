package translate_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ingot-build/ingot/translate"
	"github.com/ingot-build/ingot/translate/check"
	"github.com/ingot-build/ingot/translate/emit"
	"github.com/ingot-build/ingot/translate/fromhcl"
	"github.com/ingot-build/ingot/translate/plan"
)

// TestThereAndBack makes a Packer template of every image template of the corpus and an image template of that again: the plan of it is
// the one that it began with, but for what a Packer template does not hold, and what the
// translation says is lost.
func TestThereAndBack(t *testing.T) {
	for _, d := range corpus(t) {
		if d.plan == nil {
			continue
		}
		t.Run(d.name, func(t *testing.T) { thereAndBack(t, d.plan) })
	}
}

func thereAndBack(t *testing.T, p *plan.Plan) {
	for _, c := range p.Contents() { // as if it was fetched
		if c.URI != "" {
			text := "fetched from " + c.URI
			c.SHA256, c.Size, c.Resolved = sum([]byte(text)), int64(len(text)), true
		}
	}
	folder, err := emit.Packer(p, emit.Options{Target: emit.Azure, Standalone: true})
	if err != nil {
		t.Fatal(err)
	}
	fetched := map[string]string{}
	for _, c := range p.Contents() {
		if c.URI != "" {
			fetched[c.SHA256] = "fetched from " + c.URI
		}
	}
	hcl, others := map[string][]byte{}, map[string][]byte{}
	for _, f := range folder.Files {
		switch {
		case strings.HasPrefix(f.Path, emit.ValidateDir+"/"):
		case strings.HasSuffix(f.Path, ".pkr.hcl"):
			hcl[f.Path] = f.Data
		case f.Blob != "":
			others[f.Path] = []byte(fetched[f.Blob])
		default:
			others[f.Path] = f.Data
		}
	}
	text, list := fromhcl.Import(hcl, fromhcl.Options{Read: func(name string) ([]byte, error) {
		if data, ok := others[name]; ok {
			return data, nil
		}
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}})
	if list.HasErrors() {
		t.Fatalf("%v\n%s", list, hcl[emit.TemplateFile])
	}
	opts := translate.Options{Target: check.Azure, Check: check.Options{Translate: true}}
	opts.Params.Values = map[string]string{"identityId": inGroup + "Microsoft.ManagedIdentity/userAssignedIdentities/aib"}
	opts.Params.Location = "westeurope"
	back, found := translate.Translate(translate.Source{File: "back.json", Data: text}, opts)
	if back == nil {
		t.Fatalf("%v\n%s", found, text)
	}
	want, got := kept(t, p), kept(t, back)
	for _, loss := range folder.Lost {
		forget(loss, want, got)
	}
	if p.Azure.StagingResourceGroup != "" { // the builder goes to the region of the group, which a name that is none leaves open
		for _, q := range []*plan.Plan{want, got} {
			q.Azure.Location, q.Azure.StagingResourceGroup = "", ""
		}
	}
	if p.Azure.VMSize == "" { // the service's choice is written out
		got.Azure.VMSize = ""
	}
	oneSet(want)
	oneSet(got)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-there +back):\n%s", diff)
	}
}

func sum(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

// kept gives a plan without what no Packer template holds.
func kept(t *testing.T, p *plan.Plan) *plan.Plan {
	t.Helper()
	encoded, err := plan.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	// What is no id of a subscription is left to whoever runs Packer.
	encoded = bytes.ReplaceAll(encoded, []byte("/subscriptions/{subscription-id}/"), []byte("/subscriptions/00000000-0000-0000-0000-000000000000/"))
	q, err := plan.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	q.APIVersion, q.Source.Origin = "", plan.Origin{}
	q.OptimizeBoot, q.OnError, q.Validation = false, plan.OnError{}, nil // of the run, not of the build
	q.Azure.Identities = nil
	if strings.ContainsAny(q.Name, "<>{}") { // a build has a plain name
		q.Name = strings.Trim(q.Name, "<>{}")
	}
	for _, d := range q.Destinations {
		if d.SharedImage != nil && strings.ContainsAny(d.SharedImage.Version, "<>{}") { // as is a version that is none
			d.SharedImage.Version = ""
		}
	}
	for i := range q.Steps {
		s := &q.Steps[i]
		s.Origin = plan.Origin{}
		if c := s.Content(); c != nil { // the same bytes, wherever they are
			sha := c.SHA256
			if c.URI == "" {
				sha = sum([]byte(c.Text))
			}
			*c = plan.Content{SHA256: sha}
		}
	}
	return q
}

// oneSet joins what the builder has one set of, the tags, and takes out what it makes no difference between: names and numbers of runs.
func oneSet(p *plan.Plan) {
	tags := map[string]string{}
	maps.Copy(tags, p.Azure.ResourceTags)
	for i := range p.Destinations {
		d := &p.Destinations[i]
		maps.Copy(tags, d.Tags)
		d.ID, d.Origin, d.Tags, d.RunOutputName = "", plan.Origin{}, nil, ""
		if d.SharedImage != nil {
			d.SharedImage.Scheme, d.SharedImage.Major = "", nil
		}
	}
	p.Azure.ResourceTags = tags
	slices.SortFunc(p.Destinations, func(a, b plan.Destination) int { return strings.Compare(a.Kind(), b.Kind()) })
}

// forget takes out of both plans what a translation says is lost.
func forget(loss emit.Loss, want, got *plan.Plan) {
	switch {
	case strings.HasPrefix(loss.Path, "properties.distribute") && strings.HasSuffix(loss.What, "is not made") &&
		!strings.HasSuffix(loss.Path, ".versioning"):
		want.Destinations = slices.DeleteFunc(want.Destinations, func(d plan.Destination) bool {
			return strings.HasPrefix(loss.Path+".", d.Origin.Path+".")
		})
	case strings.HasSuffix(loss.Path, ".location"):
		for _, p := range []*plan.Plan{want, got} {
			for _, d := range p.Destinations {
				if d.ManagedImage != nil {
					d.ManagedImage.Location = ""
				}
			}
		}
	case strings.HasPrefix(loss.Path, "properties.distribute") && strings.HasSuffix(loss.Path, ".targetRegions"): // one kind of storage for all
		for _, p := range []*plan.Plan{want, got} {
			for _, d := range p.Destinations {
				for i := range d.SharedImage.Regions {
					d.SharedImage.Regions[i].StorageAccountType = ""
				}
			}
		}
	case strings.HasPrefix(loss.Path, "properties.vmProfile.vnetConfig"):
		want.Azure.Network, got.Azure.Network = plan.Network{}, plan.Network{}
	}
}
