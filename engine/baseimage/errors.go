package baseimage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/baseimage/bootstrap"
	"github.com/ingot-build/ingot/engine/baseimage/catalog"
	"github.com/ingot-build/ingot/translate/diag"
)

// NoMatchError says that neither the store nor the catalog has an image for a URN.
type NoMatchError struct {
	URN  catalog.URN
	Near []string // known publisher:offer:sku patterns that look like it, the nearest first
}

func (e *NoMatchError) Error() string {
	return fmt.Sprintf("no base image stands for %q", e.URN.String())
}

// windows reports whether the names are those of an image with Windows, as far as they show it.
func (e *NoMatchError) windows() bool {
	text := strings.ToLower(e.URN.Publisher + " " + e.URN.Offer)
	return strings.Contains(text, "windows") || strings.Contains(text, "visualstudio") || strings.Contains(text, "-ws20")
}

// Why names what the user may have meant.
func (e *NoMatchError) Why() string {
	if e.windows() {
		return "no Windows can be downloaded by a program: bring a disk of your own, or Microsoft's evaluation disk (VHD, VHDX)"
	}
	if len(e.Near) == 0 {
		return "neither the catalog nor an image added here has a name like it"
	}
	return "names like it that are known: " + strings.Join(e.Near, ", ")
}

// Fix is the command that makes a disk of the user's own stand for the URN.
func (e *NoMatchError) Fix() string {
	if e.windows() {
		return fmt.Sprintf("ingot image add windows FILE --os windows --urn %s:%s:%s", e.URN.Publisher, e.URN.Offer, e.URN.SKU)
	}
	return fmt.Sprintf("ingot image add NAME FILE --urn %s:%s:%s", e.URN.Publisher, e.URN.Offer, e.URN.SKU)
}

// NotPresentError says that an image is not on this machine.
type NotPresentError struct {
	Name string
	Hint string // the commands that would bring it here
}

func (e *NotPresentError) Error() string {
	return fmt.Sprintf("base image %q is not on this machine", e.Name)
}

// Fix is the hint.
func (e *NotPresentError) Fix() string { return e.Hint }

// notPresent words the ways in which an image of that name can come here.
func (s *Store) notPresent(name string) *NotPresentError {
	var ways []string
	if _, ok := bootstrap.Suite(name); ok {
		ways = append(ways, "ingot image bootstrap "+name)
	}
	c, err := s.catalog()
	if err != nil {
		c = catalog.Builtin() // a fault in the user's file is reported by those who need that file
	}
	im, known := c.Get(name)
	if known && im.Download != nil {
		ways = append(ways, "ingot image pull "+name)
	}
	if len(ways) == 0 {
		ways = append(ways, "ingot image add "+name+" FILE")
	}
	hint := strings.Join(ways, ", or ")
	if near := diag.Near(name, c.Names()); !known && near != "" {
		hint += fmt.Sprintf("; did you mean %q?", near)
	}
	return &NotPresentError{Name: name, Hint: hint}
}

// DamagedError says that an image's record or file is not what the store put there.
type DamagedError struct {
	Image  Image // Name is always set; the rest as far as it is known
	Reason string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("base image %q is damaged: %s", e.Image.Name, e.Reason)
}

// Fix is the command that puts the image right, by the way it came.
func (e *DamagedError) Fix() string {
	name, origin := e.Image.Name, e.Image.Origin
	switch {
	case origin == OriginBootstrap:
		return "ingot image bootstrap " + name
	case strings.HasPrefix(origin, "http://"), strings.HasPrefix(origin, "https://"):
		return "ingot image pull " + name
	case origin != "":
		return fmt.Sprintf("ingot image rm %s && ingot image add %s %s", name, name, origin)
	default:
		return fmt.Sprintf("ingot image rm %s, then bring it in again", name)
	}
}

// ExistsError says that Add would replace an image and was not told to.
type ExistsError struct{ Image Image }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("base image %q is there already, from %s", e.Image.Name, e.Image.Origin)
}

// Fix names both ways out.
func (e *ExistsError) Fix() string {
	return fmt.Sprintf("choose another name, or ingot image rm %s first", e.Image.Name)
}

// NameError says that a name cannot be an image's.
type NameError struct{ Name string }

func (e *NameError) Error() string {
	return fmt.Sprintf("%q cannot name a base image: want lower-case letters, digits, dots and dashes, at most 64", e.Name)
}

// RefusedError says that a file cannot become a base image.
type RefusedError struct {
	Path, Reason string
	Remedy       string // "" where there is none for this very file
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s cannot be a base image: %s", e.Path, e.Reason)
}

// Fix is the remedy, or what would be accepted.
func (e *RefusedError) Fix() string {
	if e.Remedy == "" {
		return "use a whole bootable disk: qcow2, VHD, VHDX, or raw with a partition table"
	}
	return e.Remedy
}

// mendable is an error with what to do about it, where callers need no type of their own.
type mendable struct {
	error
	fix string
}

// Fix is what to do.
func (e *mendable) Fix() string { return e.fix }

func (e *mendable) Unwrap() error { return e.error }

// UnknownError says that there is no way to pull or bootstrap an image of that name.
type UnknownError struct {
	Verb  string // "pull" or "bootstrap"
	Name  string
	Known []string // names for which it can be done
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("cannot %s %q: %s", e.Verb, e.Name, diag.KnownNames(e.Name, slices.Clone(e.Known)))
}
