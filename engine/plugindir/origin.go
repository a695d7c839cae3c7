package plugindir

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/go-version"
)

// origin is a place that a plugin is released on.
type origin interface {
	String() string
	// versions lists what is released, the newest first. Pre-releases are left out: Packer installs none from afar.
	versions(context.Context) ([]*version.Version, error)
	// find looks into the list of a version's checksums for what this machine can run; it is a *notForUsError if there
	// is nothing.
	find(ctx context.Context, v *version.Version) (*release, error)
}

// release is a version of a plugin for this machine.
type release struct {
	version *version.Version
	sums    []byte // the list of checksums
	sumsURL string
	zip     string // name of the archive, which is in the list
	zipURL  string
	sum     string // SHA-256 of the archive, in lower-case hexadecimal digits
	binary  string // name of the plugin's file, in the archive and on the disk
}

// notForUsError says that a release has nothing that runs on this machine.
type notForUsError struct{ what string }

func (e *notForUsError) Error() string { return e.what }

// origins gives the places to ask, in order: HashiCorp's own server for HashiCorp's plugins, and GitHub.
func (w *web) origins(src Source) ([]origin, error) {
	if src.Host != "github.com" || len(src.Path) != 2 {
		return nil, fmt.Errorf("plugin source %q: releases are downloaded from github.com/NAMESPACE/NAME only"+
			"\n  fix:  get the program, then: ingot plugins install --path FILE %s", src, src)
	}
	program := "packer-plugin-" + src.Name()
	gh := &gitHub{web: w, repository: src.Path[0] + "/" + program, program: program}
	if src.Path[0] == hashiCorp {
		return []origin{&releaseServer{web: w, program: program}, gh}, nil
	}
	return []origin{gh}, nil
}

// hashiCorp is the namespace whose plugins are on a server of their own, and signed with a key that is known here.
const hashiCorp = "hashicorp"

// gitHub is the releases of a repository.
type gitHub struct {
	*web
	repository string // hashicorp/packer-plugin-azure
	program    string // packer-plugin-azure
}

func (g *gitHub) String() string { return "github.com/" + g.repository }

func (g *gitHub) versions(ctx context.Context) ([]*version.Version, error) {
	address := g.url(apiHost, "repos/"+g.repository+"/git/matching-refs/tags")
	data, err := g.text(ctx, address)
	if err != nil {
		return nil, err
	}
	var tags []struct {
		Ref string `json:"ref"`
	}
	if err := json.Unmarshal(data, &tags); err != nil {
		return nil, fmt.Errorf("%s: the list of tags cannot be read: %w", address, err)
	}
	var names []string
	for _, t := range tags {
		names = append(names, strings.TrimPrefix(t.Ref, "refs/tags/"))
	}
	return releases(names), nil
}

func (g *gitHub) find(ctx context.Context, v *version.Version) (*release, error) {
	folder := g.repository + "/releases/download/v" + v.String() + "/"
	r := &release{version: v, sumsURL: g.url("github.com", folder+g.program+"_v"+v.String()+"_SHA256SUMS")}
	var err error
	if r.sums, err = g.text(ctx, r.sumsURL); err != nil {
		return nil, err
	}
	// packer-plugin-azure_v1.4.5_x5.0_linux_amd64.zip
	prefix, suffix := g.program+"_v"+v.String()+"_", "_"+thisSystem+".zip"
	var other []string
	for name, sum := range parseSums(r.sums) {
		api, ok := strings.CutPrefix(name, prefix)
		if api, ok2 := strings.CutSuffix(api, suffix); !ok || !ok2 {
			continue
		} else if !speaksAPI(api) {
			other = append(other, api)
			continue
		}
		if r.zip == "" || name > r.zip {
			r.zip, r.sum = name, sum
		}
	}
	if r.zip == "" {
		return nil, nothingFor(v, other)
	}
	r.zipURL, r.binary = g.url("github.com", folder+r.zip), strings.TrimSuffix(r.zip, ".zip")
	return r, nil
}

// nothingFor says why there is nothing for this machine: other versions of the API, or none of this system at all.
func nothingFor(v *version.Version, apis []string) error {
	if len(apis) > 0 {
		slices.Sort(apis)
		return &notForUsError{fmt.Sprintf("%s speaks version %s of the plugin API", v, strings.Join(apis, ", "))}
	}
	return &notForUsError{fmt.Sprintf("%s has no file for %s", v, thisSystem)}
}

// releaseServer is HashiCorp's server.
type releaseServer struct {
	*web
	program string
}

const releaseHost = "releases.hashicorp.com"

func (s *releaseServer) String() string { return releaseHost + "/" + s.program }

func (s *releaseServer) versions(ctx context.Context) ([]*version.Version, error) {
	address := s.url(releaseHost, s.program+"/index.json")
	data, err := s.text(ctx, address)
	if err != nil {
		return nil, err
	}
	var index struct {
		Versions map[string]json.RawMessage `json:"versions"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("%s: the index cannot be read: %w", address, err)
	}
	return releases(slices.Collect(maps.Keys(index.Versions))), nil
}

func (s *releaseServer) find(ctx context.Context, v *version.Version) (*release, error) {
	folder, stem := s.program+"/"+v.String()+"/", s.program+"_"+v.String()
	r := &release{version: v, zip: stem + "_" + thisSystem + ".zip"}
	r.sumsURL = s.url(releaseHost, folder+stem+"_SHA256SUMS")
	var err error
	if r.sums, err = s.text(ctx, r.sumsURL); err != nil {
		return nil, err
	}
	sums := parseSums(r.sums)
	if r.sum = sums[r.zip]; r.sum == "" {
		return nil, nothingFor(v, nil)
	}
	// The names on this server do not tell the version of the API; a file beside them does, and its sum is in the list.
	manifest := stem + "_manifest.json"
	data, err := s.text(ctx, s.url(releaseHost, folder+manifest))
	if err != nil {
		return nil, err
	}
	if want := sums[manifest]; want != "" && sumOf(data) != want {
		return nil, &ChecksumError{URL: s.url(releaseHost, folder+manifest), Got: sumOf(data), Want: want}
	}
	var about struct {
		Metadata struct {
			ProtocolVersion string `json:"protocol_version"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(data, &about); err != nil {
		return nil, fmt.Errorf("%s: the manifest cannot be read: %w", s.url(releaseHost, folder+manifest), err)
	}
	api := "x" + about.Metadata.ProtocolVersion
	if !speaksAPI(api) {
		return nil, nothingFor(v, []string{api})
	}
	r.zipURL = s.url(releaseHost, folder+r.zip)
	r.binary = s.program + "_v" + v.String() + "_" + api + "_" + thisSystem
	return r, nil
}

// releases reads version numbers, with or without a "v"; what is none, and what is no final release, is left out.
func releases(names []string) []*version.Version {
	var list version.Collection
	for _, name := range names {
		v, err := version.NewSemver(name)
		if err == nil && v.Prerelease() == "" && v.Metadata() == "" {
			list = append(list, v)
		}
	}
	sort.Sort(sort.Reverse(list))
	return list
}

// parseSums reads a list of checksums, as sha256sum writes it, by file name. Other lines are left out.
func parseSums(data []byte) map[string]string {
	sums := map[string]string{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) != 2 {
			continue
		}
		if raw, err := hex.DecodeString(fields[0]); err != nil || len(raw) != 32 {
			continue
		}
		sums[strings.TrimPrefix(fields[1], "*")] = strings.ToLower(fields[0])
	}
	return sums
}

// isNotForUs reports whether a release is fine, and not for this machine.
func isNotForUs(err error) bool {
	var not *notForUsError
	return errors.As(err, &not)
}
