package shell

import "mvdan.cc/sh/v3/syntax"

// place tells where the parts of a tree stand in the text of the script. A tree of the script itself has the zero place.
type place struct {
	base     int // offset of the tree's text in that of the script
	whole    bool
	from, to int // of the word that the tree was made of, if whole: no part of it can be told apart
}

func (p place) span(n syntax.Node) (from, to int) {
	if p.whole {
		return p.from, p.to
	}
	return p.base + int(n.Pos().Offset()), p.base + int(n.End().Offset())
}

// within gives the place of a tree that is made of the text of a word, which stands at from to to.
func (f *File) within(text string, p place, from, to int) place {
	if !p.whole {
		for _, skip := range []int{0, 1} { // with a quote before it
			if at := from + skip; at+len(text) <= len(f.Text) && f.Text[at:at+len(text)] == text {
				return place{base: at}
			}
		}
	}
	return place{whole: true, from: from, to: to}
}
