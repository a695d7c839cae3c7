package translate

import (
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/edit"
)

// maxRounds bounds Fix. What one round mends may show what nobody could see before, and two edits that touch take two rounds.
const maxRounds = 10

// Fixed is what Fix made of a file.
type Fixed struct {
	Text    []byte    // the new text; the old one when there was nothing to mend
	Mended  diag.List // by rounds; places are those in the text that the round started with
	Left    diag.List // what Validate says of the new text
	Checked []Checked
}

// Fix validates src and carries out the edits that findings bring along, until there are none. It changes src alone: findings in
// other files keep their edits. Doing it again changes nothing.
func Fix(src Source, opts Options) Fixed {
	f := Fixed{Text: src.Data}
	files := opts.files(src)
	for range maxRounds {
		src.Data = f.Text
		opts.Check.Files = with(files, src)
		f.Checked, f.Left = Validate(src, opts)
		text, mended := edit.Apply(src.File, src.Data, f.Left)
		if len(mended) == 0 {
			break
		}
		f.Text = text
		f.Mended.Add(mended...)
	}
	return f
}

// with returns the files, with the present text of one.
func with(files map[string][]byte, src Source) map[string][]byte {
	all := map[string][]byte{src.File: src.Data}
	for name, text := range files {
		if name != src.File {
			all[name] = text
		}
	}
	return all
}
