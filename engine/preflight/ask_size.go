package preflight

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

// errLocation is why nothing is asked about a region.
var errLocation = errors.New("neither the image template nor --location says in which region")

// sku is what counts of a size of machines.
type sku struct {
	ResourceType string    `json:"resourceType"`
	Name         string    `json:"name"`
	Family       string    `json:"family"`
	Locations    []string  `json:"locations"`
	Capabilities []feature `json:"capabilities"`
	Restrictions []struct {
		Type   string `json:"type"`
		Reason string `json:"reasonCode"`
	} `json:"restrictions"`
}

func (s *sku) can(name string) string {
	for _, c := range s.Capabilities {
		if strings.EqualFold(c.Name, name) {
			return c.Value
		}
	}
	return ""
}

// size finds a size in a region; nil if it is not there.
func (a *Azure) size(ctx context.Context, home, location, name string) (*sku, error) {
	all, err := getAll[sku](ctx, a, home+"/providers/Microsoft.Compute/skus", skusAPI, "$filter", "location eq '"+location+"'")
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if strings.EqualFold(s.ResourceType, "virtualMachines") && strings.EqualFold(s.Name, name) {
			return &s, nil
		}
	}
	return nil, nil
}

// checkVMSize sees whether the subscription gets the size in the region, and whether it takes the source image.
func checkVMSize(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	if f.Want.Location == "" {
		return nil, errLocation
	}
	s, err := a.size(ctx, f.Want.Home, f.Want.Location, f.Subject)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return []Finding{wrong(CodeVMSize, "there are no machines of the size %q in %s", f.Subject, f.Want.Location)}, nil
	}
	var list []Finding
	for _, r := range s.Restrictions {
		if strings.EqualFold(r.Type, "Location") { // the other type is about zones, which a build VM has none of
			list = append(list, wrong(CodeVMSize, "the subscription gets no machines of the size %q in %s: %s", f.Subject,
				f.Want.Location, r.Reason))
		}
	}
	t, err := a.sourceTraits(ctx, f.Want)
	if err != nil {
		return list, err
	}
	can := s.can("HyperVGenerations") // V1,V2
	if can != "" && t.generation != "" && !strings.Contains(strings.ToUpper(can), strings.ToUpper(t.generation)) {
		list = append(list, wrong(CodeVMSize, "machines of the size %q take images of generation %s, and the source is of %s",
			f.Subject, can, t.generation))
	}
	if can := s.can("CpuArchitectureType"); can != "" && t.architecture != "" && !strings.EqualFold(can, t.architecture) {
		list = append(list, wrong(CodeVMSize, "machines of the size %q are %s, and the source is for %s", f.Subject, can, t.architecture))
	}
	return list, nil
}

// usage is how much of a quota is used.
type usage struct {
	Current int64 `json:"currentValue"`
	Limit   int64 `json:"limit"`
	Name    struct {
		Value string `json:"value"`
	} `json:"name"`
}

// checkQuota sees whether one more machine, or address, has room.
func checkQuota(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	if f.Want.Location == "" {
		return nil, errLocation
	}
	provider, wanted := "Microsoft.Network", map[string]int64{"publicipaddresses": 1}
	api := networkAPI
	if f.Want.Size != "" {
		s, err := a.size(ctx, f.Want.Home, f.Want.Location, f.Want.Size)
		if err != nil || s == nil { // checkVMSize says that there is none
			return nil, err
		}
		cores, err := strconv.ParseInt(s.can("vCPUs"), 10, 64)
		if err != nil {
			return nil, errors.New("Azure does not say how many cores the size " + s.Name + " has")
		}
		provider, api, wanted = "Microsoft.Compute", computeAPI, map[string]int64{"cores": cores, strings.ToLower(s.Family): cores}
	}
	all, err := getAll[usage](ctx, a, f.Scope+"/providers/"+provider+"/locations/"+f.Want.Location+"/usages", api)
	if err != nil {
		return nil, err
	}
	var list []Finding
	for _, u := range all {
		if n := wanted[strings.ToLower(u.Name.Value)]; n > 0 && u.Current+n > u.Limit {
			list = append(list, wrong(CodeQuota, "the quota %q in %s has no room for %d more: %d of %d are used",
				u.Name.Value, f.Want.Location, n, u.Current, u.Limit))
		}
	}
	return list, nil
}
