// Package script takes the scripts out of an image template: each as the one text that the shell of the build VM will read, with a
// way back from every byte of it to the place where a person wrote it.
//
// A script is what one customizer or validator runs. Inline commands are one script, a line each. A script at a URI is one as far as
// somebody has it at hand; nothing is downloaded.
package script

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/template"
)

// Language is what a script is written in.
type Language int

// The languages, by the type of the customizer or validator.
const (
	_ Language = iota
	Shell
	PowerShell
)

// Script is one script of an image template.
type Script struct {
	Language Language
	Owner    template.Common // the customizer or validator that runs it
	// PowerShell holds the options of a customizer for PowerShell; nil for Shell.
	PowerShell *template.PowerShell
	Validator  bool       // it belongs to a validator
	Inline     bool       // else it is at a URI
	Path       string     // properties.customize[2].inline, or ….scriptUri
	Place      diag.Range // of the value at Path
	Text       string     // UTF-8, and lines end as they were written; of inline commands those that are known
	Encoding   Encoding   // what a file was written in
	// Gaps are the lines of Text, from 0, that stand for inline commands which are not known before the deployment. They are empty.
	Gaps []int

	lines  []line // of an inline script
	file   string // of one at a URI
	starts []int  // offsets in Text at which lines of the file start
}

// line is one inline command.
type line struct {
	start int // its offset in Text
	at    template.String
	src   []byte // of the file that it is written in
}

// Read gives what is at a scriptUri, without a download. ok is false where that cannot be had.
type Read func(uri, sha256Checksum string) (file string, data []byte, ok bool)

// Of takes out all scripts, in the order of the template: customizers, validators. files are the texts of the files that the template
// is made of, by name: a place inside a string can be told where they are at hand. read may be nil.
func Of(t *template.ImageTemplate, files map[string][]byte, read Read) []*Script {
	x := extraction{files: files, read: read}
	for _, c := range t.Customize.Value {
		x.one(c, false)
	}
	for _, v := range t.Validate.InVMValidations.Value {
		x.one(v, true)
	}
	return x.all
}

type extraction struct {
	files map[string][]byte
	read  Read
	all   []*Script
}

// one takes the script, or scripts when both kinds are there, out of a customizer or validator.
func (x *extraction) one(owner any, validator bool) {
	var s template.Script
	made := Script{Validator: validator}
	switch c := owner.(type) {
	case *template.Shell:
		made.Language, made.Owner, s = Shell, c.Common, c.Script
	case *template.PowerShell:
		made.Language, made.Owner, made.PowerShell, s = PowerShell, c.Common, c, c.Script
	default:
		return
	}
	if s.Inline.IsSet() && s.Inline.IsKnown() {
		inline := made
		x.inline(&inline, s.Inline)
	}
	if uri, ok := s.ScriptURI.Get(); ok && uri != "" && x.read != nil {
		if file, data, ok := x.read(uri, s.SHA256Checksum.Value); ok {
			made.Path, made.Place = made.Owner.Path+".scriptUri", s.ScriptURI.Range
			x.uri(&made, file, data)
		}
	}
}

func (x *extraction) inline(s *Script, commands template.List[template.String]) {
	s.Inline, s.Path, s.Place = true, s.Owner.Path+".inline", commands.Range
	var text strings.Builder
	lines := 0
	for _, c := range commands.Value {
		s.lines = append(s.lines, line{start: text.Len(), at: c, src: x.files[c.Range.File]})
		if !c.IsKnown() {
			s.Gaps = append(s.Gaps, lines)
		}
		text.WriteString(c.Value)
		text.WriteByte('\n')
		lines += 1 + strings.Count(c.Value, "\n")
	}
	s.Text = text.String()
	x.all = append(x.all, s)
}

func (x *extraction) uri(s *Script, file string, data []byte) {
	s.file = file
	s.Text, s.Encoding = decode(data)
	s.starts = []int{0}
	for i := 0; ; {
		n := strings.IndexByte(s.Text[i:], '\n')
		if n < 0 {
			break
		}
		i += n + 1
		s.starts = append(s.starts, i)
	}
	x.all = append(x.all, s)
}

// File is the name of the file of a script at a URI; "" of an inline one.
func (s *Script) File() string { return s.file }

// Range gives the place of Text[from:to] (byte offsets): in the template, of at most one inline command, or in the file of the
// script.
func (s *Script) Range(from, to int) diag.Range {
	from = max(0, min(from, len(s.Text)))
	to = max(from, min(to, len(s.Text)))
	if !s.Inline {
		return diag.Range{File: s.file, Start: s.pos(from), End: s.pos(to)}
	}
	if len(s.lines) == 0 {
		return s.Place
	}
	l := s.lines[max(0, sort.Search(len(s.lines), func(i int) bool { return s.lines[i].start > from })-1)]
	end := len(l.at.Value)
	return armjson.Within(l.src, l.at.Range, l.at.Value, min(from-l.start, end), min(to-l.start, end))
}

// Editable reports whether Text[from:to] stands in the template as it is: inside one inline command, which no expression made.
func (s *Script) Editable(from, to int) bool {
	if !s.Inline || len(s.lines) == 0 {
		return false
	}
	l := s.lines[max(0, sort.Search(len(s.lines), func(i int) bool { return s.lines[i].start > from })-1)]
	return to <= l.start+len(l.at.Value) && s.Range(from, to).Start.Byte > l.at.Range.Start.Byte
}

// Command is the place in properties.customize and the like of the inline command that holds an offset: ….inline[3]. It is the Path of
// a script at a URI.
func (s *Script) Command(offset int) string {
	if !s.Inline || len(s.lines) == 0 {
		return s.Path
	}
	i := max(0, sort.Search(len(s.lines), func(i int) bool { return s.lines[i].start > offset })-1)
	return fmt.Sprintf("%s[%d]", s.Path, i)
}

// pos gives a place in Source.
func (s *Script) pos(offset int) diag.Pos {
	i := sort.SearchInts(s.starts, offset+1) - 1
	return diag.Pos{Line: i + 1, Column: 1 + utf8.RuneCountInString(s.Text[s.starts[i]:offset]), Byte: offset}
}

// Source is the text that places in File are about.
func (s *Script) Source() []byte { return []byte(s.Text) }

// File is a shell script that is at hand as bytes, apart from any image template.
func File(data string) *Script {
	s := &Script{Language: Shell}
	s.Text, s.Encoding = decode([]byte(data))
	return s
}
