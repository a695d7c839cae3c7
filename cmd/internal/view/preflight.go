package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/ingot-build/ingot/engine/preflight"
)

// Needs writes what builds need of Azure, without having asked it.
func Needs(w io.Writer, p Palette, n *preflight.Needs) error {
	var b strings.Builder
	b.WriteString(p.Bold("These must hold:") + "\n")
	for _, f := range n.Facts {
		fmt.Fprintf(&b, "\n%s %s\n", p.Faint(string(f.Kind)), Line(f.Subject))
		Part(&b, p, "so:", f.Holds)
		Part(&b, p, "why:", f.Why)
		Part(&b, p, "fix:", f.Fix)
		Part(&b, p, "for:", placesText(f.Places))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	return permissions(w, p, n.Permissions)
}

// Part writes a labelled line below the line of what it is about.
func Part(b *strings.Builder, p Palette, label, text string) {
	if text == "" {
		return
	}
	for i, l := range Block(text) {
		if i > 0 {
			label = ""
		}
		b.WriteString("  " + p.Faint(fmt.Sprintf("%-5s", label)) + l + "\n")
	}
}

// permissions writes a table for each holder and scope.
func permissions(w io.Writer, p Palette, list []preflight.Permission) error {
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].Holder == list[0].Holder && list[n].Scope == list[0].Scope {
			n++
		}
		who := "The builder needs"
		if list[0].Holder != preflight.Builder {
			who = "On the build VM, " + string(list[0].Holder) + " probably needs"
		}
		if _, err := fmt.Fprintf(w, "\n%s at %s:\n", p.Bold(Line(who)), Line(list[0].Scope)); err != nil {
			return err
		}
		rows := make([][]string, n)
		for i, perm := range list[:n] {
			rows[i] = []string{"  " + perm.Action, reasonsText(perm.Reasons), placesText(reasonPlaces(perm.Reasons))}
		}
		if err := Table(w, p, []string{"  ACTION", "TO", "FOR"}, rows); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// reasonsText joins what somebody needs a permission for.
func reasonsText(list []preflight.Reason) string {
	var texts []string
	seen := map[string]bool{}
	for _, r := range list {
		if !seen[r.For] {
			texts = append(texts, r.For)
		}
		seen[r.For] = true
	}
	return strings.Join(texts, "; ")
}

func reasonPlaces(list []preflight.Reason) []preflight.Place {
	var places []preflight.Place
	for _, r := range list {
		places = append(places, r.Place)
	}
	return places
}

// placesText names the first of the places, and how many more there are.
func placesText(list []preflight.Place) string {
	seen := map[preflight.Place]bool{}
	for _, p := range list {
		seen[p] = true
	}
	text := list[0].File + ": " + list[0].Path
	if n := len(seen) - 1; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return Line(text)
}
