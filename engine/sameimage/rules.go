package sameimage

import "strings"

// Rule says where two builds of one image template may differ, and why that is no other image.
type Rule struct {
	Path string // of a file; what ends in "/" is all below a folder, the folder too; a "*" in it is a part of a name
	May  May
	Why  string
}

// May says what may differ.
type May string

// What may differ. Mode, owner and attributes of a file that is on both disks never may.
const (
	Content  May = "content"
	Presence May = "content, or there at all"
)

// Rules are all differences that are explained. They are the table of docs/fast.md, which a test holds against them.
var Rules = []Rule{
	{"/var/log/journal/", Presence, "the journal of the build machine, in a folder named by the machine id that it had"},
	{"/var/log/wtmp", Content, "when the build machine was booted, and who logged in"},
	{"/var/log/cloud-init.log", Content, "times, process ids and the build machine's instance id"},
	{"/var/log/cloud-init-output.log", Content, "times, and the build machine's host keys, which are gone from the disk"},
	{"/var/lib/cloud/sem/config_scripts_per_once.once", Content, "time and process id"},
	{"/var/lib/systemd/random-seed", Presence, "random numbers, made anew at each shutdown of a virtual machine; " +
		"in a container the host's kernel has them, and systemd keeps none"},
	{"/var/lib/systemd/timesync/", Presence, "the clock of a virtual machine as it was last set by the network; a container has the host's"},
	{"/var/lib/systemd/timers/stamp-fstrim.timer", Presence, "when the timer last ran that frees blocks of disks, which it does not in a container"},
	{"/var/tmp/cloud-init", Presence, "an empty folder in which cloud-init works when it grows the root partition; a container's is grown from outside"},
	{"/var/log/apt/*.log", Content, "when packages were installed"},
	{"/var/log/dpkg.log", Content, "when packages were installed"},
	{"/var/log/alternatives.log", Content, "when links of alternatives were made"},
	{"/var/cache/apt/*.bin", Content, "what apt read of its lists, with the times of their files"},
	{"/var/cache/ldconfig/aux-cache", Content, "inode numbers and times of libraries"},
}

// find gives the rule that explains a difference at a path; nil is none.
func find(path string, may func(May) bool) *Rule {
	for i := range Rules {
		if r := &Rules[i]; r.fits(path) && may(r.May) {
			return r
		}
	}
	return nil
}

// fits reports whether a rule is about a path.
func (r *Rule) fits(path string) bool {
	if folder, all := strings.CutSuffix(r.Path, "/"); all {
		return path == folder || strings.HasPrefix(path, r.Path)
	}
	before, after, star := strings.Cut(r.Path, "*")
	if !star {
		return path == r.Path
	}
	middle, ok := strings.CutPrefix(path, before)
	if !ok {
		return false
	}
	middle, ok = strings.CutSuffix(middle, after)
	return ok && !strings.Contains(middle, "/")
}
