package layers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"

	"github.com/ingot-build/ingot/translate/plan"
)

// formatVersion is in every key. It is raised when a layer of the same key would not be the same machine any more: when Ingot's seed
// disk changes, or how it runs a step.
const formatVersion = "1"

// Key names the state of a machine by all that made it. Keys of two hosts have nothing in common, so a key tells nobody what a step's
// script was, not even who guesses it.
type Key [sha256.Size]byte

// String gives it as 64 hexadecimal digits.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// MarshalText is for JSON.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (k *Key) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(k) {
		return fmt.Errorf("a key has %d hexadecimal digits, not %d", hex.EncodedLen(len(k)), len(text))
	}
	_, err := hex.Decode(k[:], text)
	return err
}

// Profile is what the machine of a build was asked to be. What Ingot chooses by itself is not in it: a layer's own machine is what it is.
type Profile struct {
	Base        Base
	CPUs        int    // 0: Ingot's choice
	MemoryMiB   int    // 0: Ingot's choice
	Firmware    string // "": Ingot's choice
	Accelerator string // "": Ingot's choice
	DiskSize    int64  // bytes; 0: that of the base image
	OS          plan.OS
	Metadata    bool // whether 169.254.169.254 answers as Azure's does
}

// Keys are the keys of one build: of the machine before each step, and after the last one.
type Keys struct {
	keys   []Key // keys[i] is the machine before step i
	recipe recipe
}

// Len is how many steps the build has; At takes one more.
func (k Keys) Len() int { return len(k.recipe.Steps) }

// At is the key of the machine before step i, or after all of them.
func (k Keys) At(i int) Key { return k.keys[i] }

// Keys computes the keys of a build. The steps have to be resolved: it panics at a content whose bytes are not known.
func (s *Store) Keys(p Profile, steps []plan.Step) Keys {
	r := recipe{Profile: s.profileParts(p)}
	for _, step := range steps {
		r.Steps = append(r.Steps, madeBy{ID: step.ID, Title: step.Title(), Parts: s.stepParts(step)})
	}
	return Keys{keys: s.chainOf(r), recipe: r}
}

// chainOf computes the keys that a recipe stands for.
func (s *Store) chainOf(r recipe) []Key {
	keys := []Key{s.sum("machine", nil, r.Profile)}
	for i, step := range r.Steps {
		keys = append(keys, s.sum("step", keys[i][:], step.Parts))
	}
	return keys
}

func (s *Store) sum(what string, before []byte, parts []part) (k Key) {
	mac := hmac.New(sha256.New, s.secret)
	field(mac, []byte(what))
	field(mac, before)
	for _, p := range parts {
		field(mac, []byte(p.Name))
		field(mac, p.MAC[:])
	}
	mac.Sum(k[:0])
	return k
}

// field writes a text with its length, so that two texts in a row are no other two.
func field(mac hash.Hash, text []byte) {
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
	mac.Write(text)
}

// recipe is how a machine came to be, in parts that can be told apart but not read.
type recipe struct {
	Profile []part   `json:"profile"`
	Steps   []madeBy `json:"steps"`
}

// madeBy is one step of a recipe.
type madeBy struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Parts []part `json:"parts"`
}

// part is one thing that a key depends on: a property by its name, its value under the key of this host.
type part struct {
	Name string `json:"name"`
	MAC  Key    `json:"mac"`
}

func (s *Store) part(name, value string) part {
	mac := hmac.New(sha256.New, s.secret)
	field(mac, []byte("part"))
	field(mac, []byte(name))
	field(mac, []byte(value))
	p := part{Name: name}
	mac.Sum(p.MAC[:0])
	return p
}

func (s *Store) profileParts(p Profile) []part {
	return []part{
		s.part("format", formatVersion),
		s.part("base", p.Base.identity()),
		s.part("os", string(p.OS)),
		s.part("cpus", strconv.Itoa(p.CPUs)),
		s.part("memory", strconv.Itoa(p.MemoryMiB)),
		s.part("firmware", p.Firmware),
		s.part("accelerator", p.Accelerator),
		s.part("disk size", strconv.FormatInt(p.DiskSize, 10)),
		s.part("metadata", strconv.FormatBool(p.Metadata)),
	}
}
