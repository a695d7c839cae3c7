package azurearm

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"
)

// The tags by which Ingot knows again what it made in Azure. Names of tags are the same in any letter case.
const (
	RunTag     = "ingot-run"     // id of the run
	HostTag    = "ingot-host"    // random id of the state folder that has the run: store.Dirs.HostID
	ExpiresTag = "ingot-expires" // RFC 3339, UTC: from then on anybody may remove it

	// OutputTag is on what a finished distributor left among the things of a run, such as the storage account with a VHD. Its
	// value is the run output's name. Nobody who cleans up removes that.
	OutputTag = "ingot-output"
)

// Mark says whose a thing in Azure is.
type Mark struct {
	Run     string
	Host    string
	Expires time.Time // to the second
}

// Tags are the mark as tags.
func (m Mark) Tags() map[string]string {
	return map[string]string{RunTag: m.Run, HostTag: m.Host, ExpiresTag: m.Expires.UTC().Format(time.RFC3339)}
}

// On gives tags with the mark among them.
func (m Mark) On(tags map[string]string) map[string]string {
	all := maps.Clone(tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, m.Tags())
	return all
}

var (
	runShape  = regexp.MustCompile(`^[0-9a-f]{8}$`)
	hostShape = regexp.MustCompile(`^[0-9a-f]{16}$`)
)

// ReadMark reads the mark among the tags of a resource. marked is false where there is no tag of it at all. A mark that is not whole,
// or not as Tags writes it, is an error: then nobody can tell whose the thing is.
func ReadMark(tags map[string]*string) (m Mark, marked bool, err error) {
	run, hasRun := Tag(tags, RunTag)
	host, hasHost := Tag(tags, HostTag)
	expires, hasExpires := Tag(tags, ExpiresTag)
	switch {
	case !hasRun && !hasHost && !hasExpires:
		return Mark{}, false, nil
	case !runShape.MatchString(run):
		return Mark{}, true, fmt.Errorf("its tag %s is %q, which is no id of a run", RunTag, run)
	case !hostShape.MatchString(host):
		return Mark{}, true, fmt.Errorf("its tag %s is %q, which is no id of a state folder", HostTag, host)
	}
	at, err := time.Parse(time.RFC3339, expires)
	if err != nil {
		return Mark{}, true, fmt.Errorf("its tag %s is %q, which is no time", ExpiresTag, expires)
	}
	return Mark{Run: run, Host: host, Expires: at.UTC()}, true, nil
}

// Tag gives the value of a tag.
func Tag(tags map[string]*string, name string) (value string, has bool) {
	for key, v := range tags {
		if strings.EqualFold(key, name) {
			if v == nil {
				return "", true
			}
			return *v, true
		}
	}
	return "", false
}
