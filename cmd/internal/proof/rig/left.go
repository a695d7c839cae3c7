package rig

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// resources are all that are in the Azure, with their documents but for what changes by itself.
func (r *Rig) resources() map[string]string {
	all := map[string]string{}
	for _, id := range r.Sim.Resources() {
		document := r.Sim.Resource(id)
		tags, _ := json.Marshal(document["tags"]) // from JSON: never fails
		all[strings.ToLower(id)] = string(tags)
	}
	return all
}

// Made are the ids of what is there now and was not before, in lower case and in order.
func (r *Rig) Made() []string {
	now := r.resources()
	maps.DeleteFunc(now, func(id, _ string) bool { _, was := r.before[id]; return was })
	return slices.Sorted(maps.Keys(now))
}

// Left compares what is there with what was before and what should have come: each difference is a sentence, none is well. wanted may
// be there or not where optional has it.
func (r *Rig) Left(wanted, optional []string) []string {
	now := r.resources()
	var wrong []string
	for id, tags := range r.before {
		switch got, there := now[id]; {
		case !there:
			wrong = append(wrong, id+" was there before, and is gone")
		case got != tags:
			wrong = append(wrong, fmt.Sprintf("%s had the tags %s before, and has %s", id, tags, got))
		}
		delete(now, id)
	}
	for _, id := range wanted {
		if _, there := now[strings.ToLower(id)]; !there {
			wrong = append(wrong, id+" is missing")
		}
		delete(now, strings.ToLower(id))
	}
	for _, id := range optional {
		delete(now, strings.ToLower(id))
	}
	for id := range now {
		wrong = append(wrong, id+" is left")
	}
	slices.Sort(wrong)
	return wrong
}
