package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// system is the operating system of an image.
type system int

// The systems. The zero system says that nothing in the template shows which one it is.
const (
	unknownSystem system = iota
	linux
	windows
)

func (s system) String() string {
	return [...]string{"a system that is not known", "Linux", "Windows"}[s]
}

// evidence is what a template shows of the system.
type evidence struct {
	system system
	at     diag.Range // what shows it
	what   string     // that, in a message
}

// Publishers in the Azure marketplace all of whose images have the same system, in lower case. Windows publishers go by
// a prefix: there is one for previews, one for HPC, and so on.
var (
	windowsOnly = []string{"microsoftwindowsserver", "microsoftwindowsdesktop", "microsoftvisualstudio", "microsoftsharepoint",
		"microsoftbiztalkserver"}
	linuxOnly = []string{"almalinux", "canonical", "credativ", "debian", "kinvolk", "microsoftcblmariner", "openlogic", "redhat",
		"resf", "suse"}
)

// Words of offers and SKUs that belong to one system, whoever publishes it: "sql2022-ws2022", "dsvm-win-2019",
// "sql2019-ubuntu1804".
var (
	windowsWords = []string{"windows", "-ws20", "-win-", "winserver"}
	linuxWords   = []string{"ubuntu", "debian", "centos", "rhel", "-sles", "linux"}
)

// sourceSystem is what the source shows. settled reports whether the source is known as far as it could show something:
// else what it says is still to come.
func sourceSystem(t *template.ImageTemplate) (e evidence, settled bool) {
	switch s := t.Source.(type) {
	case *template.PlatformImage:
		publisher, ok := s.Publisher.Get()
		offer, known := s.Offer.Get()
		if !ok || !known {
			return evidence{}, false
		}
		return marketplaceSystem(s, strings.ToLower(publisher), strings.ToLower(offer)), true
	case *template.ISO:
		return evidence{linux, s.Range, "the source is an installer of Red Hat Enterprise Linux"}, true
	case *template.ManagedImage, *template.SharedImageVersion:
		return evidence{}, true
	}
	return evidence{}, false
}

func marketplaceSystem(s *template.PlatformImage, publisher, offer string) evidence {
	has := func(words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(offer, w) })
	}
	byPublisher := func(is system) evidence {
		return evidence{is, s.Publisher.Range, fmt.Sprintf("the publisher %q has %s images only", s.Publisher.Value, is)}
	}
	byOffer := func(is system) evidence {
		return evidence{is, s.Offer.Range, fmt.Sprintf("the offer %q has %s images", s.Offer.Value, is)}
	}
	switch isWindows, isLinux := has(windowsWords), has(linuxWords); {
	case slices.ContainsFunc(windowsOnly, func(p string) bool { return strings.HasPrefix(publisher, p) }):
		return byPublisher(windows)
	case slices.Contains(linuxOnly, publisher):
		return byPublisher(linux)
	case isWindows && !isLinux:
		return byOffer(windows)
	case isLinux && !isWindows:
		return byOffer(linux)
	}
	return evidence{}
}

// systemOf is the system that a customizer or validator runs on; unknownSystem if any will do.
func systemOf(c any) system {
	switch c.(type) {
	case *template.Shell:
		return linux
	case *template.PowerShell, *template.WindowsRestart, *template.WindowsUpdate:
		return windows
	}
	return unknownSystem
}

// typeOf is what a customizer or validator is called in "type".
func typeOf(c any) string {
	switch c.(type) {
	case *template.Shell:
		return "Shell"
	case *template.File:
		return "File"
	case *template.PowerShell:
		return "PowerShell"
	case *template.WindowsRestart:
		return "WindowsRestart"
	case *template.WindowsUpdate:
		return "WindowsUpdate"
	}
	return ""
}

// customizerSystem is what the customizers show: the one system that all run on. Nothing, when one of them is not
// known.
func customizerSystem(t *template.ImageTemplate) evidence {
	var found evidence
	for _, c := range t.Customize.Value {
		if _, ok := c.(*template.UnknownCustomizer); ok {
			return evidence{}
		}
		switch is := systemOf(c); {
		case is == unknownSystem:
		case found.system == unknownSystem:
			found = evidence{is, c.Base().Range, fmt.Sprintf("%s runs on %s", label(c.Base()), is)}
		case found.system != is:
			return evidence{}
		}
	}
	return found
}

// buildSystem is the system of the build VM. Customizers count first, so that what they show holds whatever the source
// turns out to be.
func buildSystem(t *template.ImageTemplate) evidence {
	if !t.Customize.IsKnown() {
		return evidence{}
	}
	for _, c := range t.Customize.Value {
		if _, ok := c.(*template.UnknownCustomizer); ok {
			return evidence{}
		}
	}
	if e := customizerSystem(t); e.system != unknownSystem {
		return e
	}
	e, _ := sourceSystem(t)
	return e
}

// BuildsWindows reports whether the build VM runs Windows, as far as it shows: by the customizers, by the marketplace's name of the
// source, by the validators, or by the form of a path. known is false when nothing in the template shows which system it is.
func BuildsWindows(t *template.ImageTemplate) (is, known bool) {
	if e := buildSystem(t); e.system != unknownSystem {
		return e.system == windows, true
	}
	for _, v := range t.Validate.InVMValidations.Value {
		if s := systemOf(v); s != unknownSystem {
			return s == windows, true
		}
	}
	e := pathSystem(t)
	return e.system == windows, e.system != unknownSystem
}

// mayBeWindows reports whether the template is meant for Windows, as far as it shows, or may be so, since what would show it is not
// known.
func mayBeWindows(t *template.ImageTemplate) bool {
	if !t.Customize.IsKnown() {
		return true
	}
	for _, c := range t.Customize.Value {
		if _, ok := c.(*template.UnknownCustomizer); ok || systemOf(c) == windows {
			return true
		}
	}
	switch s := t.Source.(type) {
	case *template.UnknownSource:
		return true
	case *template.PlatformImage:
		if !s.Publisher.IsKnown() || !s.Offer.IsKnown() {
			return true
		}
	}
	source, settled := sourceSystem(t)
	return source.system == windows || settled && buildSystem(t).system == unknownSystem && pathSystem(t).system == windows
}

// pathSystem is what the first destination of a file shows: c:\site is a path of Windows, /tmp/site one of Linux.
// Nothing, when one of the customizers is not known, which may show more.
func pathSystem(t *template.ImageTemplate) evidence {
	for _, c := range t.Customize.Value {
		if _, ok := c.(*template.UnknownCustomizer); ok {
			return evidence{}
		}
	}
	for _, c := range t.Customize.Value {
		f, ok := c.(*template.File)
		if !ok {
			continue
		}
		shows := func(is system) evidence {
			return evidence{is, f.Destination.Range, fmt.Sprintf("%q is a path of %s", f.Destination.Value, is)}
		}
		switch to := f.Destination.Value; {
		case strings.HasPrefix(to, "/"):
			return shows(linux)
		case len(to) > 1 && to[1] == ':', strings.HasPrefix(to, `\`):
			return shows(windows)
		}
	}
	return evidence{}
}
