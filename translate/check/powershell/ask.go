package powershell

import (
	"slices"
	"strings"
)

// is reports whether a command has one of some names, whatever its case, folder and the ending .exe. A function that
// the script defines by that name is something else.
func (f *File) is(c *Command, names ...string) bool {
	name := f.name(c)
	return name != "" && slices.Contains(names, name)
}

// name is the name of a command in lower case, without folder and .exe; "" where it is not known, or that of a function
// of the script.
func (f *File) name(c *Command) string { return c.name }

func (f *File) naming(c *Command) string {
	if c.Name.Known && f.Functions[strings.ToLower(c.Name.Value)] {
		return ""
	}
	name, _ := f.base(c.Name)
	return name
}

// base is the name of a program without its folder and .exe, in lower case. It may be known where the folder is not:
// "$env:windir\system32\sysprep\sysprep.exe". ok is false where it is not.
func (f *File) base(w Word) (name string, ok bool) {
	name = w.Value
	if !w.Known {
		if w.Block || w.To-w.From > 500 { // no path is so long
			return "", false
		}
		name = strings.Trim(f.at(w.Span), `"`)
	}
	name = strings.ToLower(name)
	folder := strings.LastIndexAny(name, `\/`)
	name = strings.TrimSuffix(name[folder+1:], ".exe")
	if !w.Known && (folder < 0 || strings.ContainsAny(name, "$`(){}[]@'\"")) {
		return "", false
	}
	return name, name != ""
}

// has reports whether a parameter is given, by its name or a shorter form of it, and not as -Name:$false. Splatted
// arguments may be any: ask c.Splat where something must not be there.
func (c *Command) has(parameter string) bool {
	for i, a := range c.Args {
		if a.names(parameter) {
			return !a.Colon || i+1 >= len(c.Args) || c.Args[i+1].Span.To-c.Args[i+1].From != len("$false") || c.Args[i+1].Known
		}
	}
	return false
}

// lacks reports whether a parameter is not given for certain.
func (c *Command) lacks(parameter string) bool {
	return !c.Splat && !slices.ContainsFunc(c.Args, func(a Arg) bool { return a.names(parameter) })
}

// names reports whether an argument is -parameter, or a shorter form of it.
func (a Arg) names(parameter string) bool {
	return a.Param != "" && strings.HasPrefix(strings.ToLower(parameter), a.Param)
}

// value gives what a parameter is set to. It is not Known where that is not, or the parameter is not given.
func (c *Command) value(parameter string) Word {
	for i, a := range c.Args {
		if a.names(parameter) && i+1 < len(c.Args) && c.Args[i+1].Param == "" {
			return c.Args[i+1].Word
		}
	}
	return Word{}
}

// mentions reports whether one of the arguments is one of some values, whatever its case.
func (c *Command) mentions(values ...string) bool {
	_, ok := c.mention(values...)
	return ok
}

// mention finds the argument that is one of some values, whatever its case.
func (c *Command) mention(values ...string) (Word, bool) {
	for _, a := range c.Args {
		if a.Known && slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, a.Value) }) {
			return a.Word, true
		}
	}
	return Word{}, false
}

// inner gives what cmd /c is told to run, in lower case. ok is false where there is nothing, or not all is known.
func (f *File) inner(c *Command) (line string, ok bool) {
	for i, a := range c.Args {
		if !a.Known || !slices.Contains([]string{"/c", "/k"}, strings.ToLower(a.Value)) {
			continue
		}
		var words []string
		for _, a := range c.Args[i+1:] {
			if !a.Known {
				return "", false
			}
			words = append(words, a.Value)
		}
		return strings.ToLower(strings.Join(words, " ")), len(words) > 0
	}
	return "", false
}

// run gives the command that really runs: the command itself, the one of cmd /c, or the program of Start-Process with
// its arguments. The words are in lower case, the name without folder and .exe, and those that are not known are "?".
// It is nil where the name is not known.
func (f *File) run(c *Command) []string { return c.words }

func (f *File) running(c *Command) []string {
	if f.is(c, "start-process", "saps", "start") {
		program, rest := f.started(c)
		name, ok := f.base(program)
		if !ok {
			return nil
		}
		arguments := strings.ToLower(strings.ReplaceAll(strings.Join(rest, " "), `"`, ""))
		return append([]string{name}, strings.Fields(arguments)...)
	}
	if f.is(c, "cmd") {
		if inner, ok := f.inner(c); ok {
			words := strings.Fields(strings.ReplaceAll(inner, `"`, ""))
			if len(words) == 0 {
				return nil
			}
			words[0], _ = f.base(Word{Value: words[0], Known: true})
			return words
		}
	}
	if f.name(c) == "" || strings.EqualFold(c.Name.Value, "sc") { // sc is Set-Content, and sc.exe the program
		return nil
	}
	words := []string{f.name(c)}
	for _, a := range c.Args {
		switch {
		case a.Param != "" && a.Colon:
			words = append(words, "-"+a.Param+":")
		case a.Param != "":
			words = append(words, "-"+a.Param)
		case a.Known:
			words = append(words, strings.ToLower(a.Value))
		default:
			words = append(words, "?")
		}
	}
	return words
}

// startSwitches are the parameters of Start-Process without a value.
var startSwitches = []string{"Wait", "NoNewWindow", "PassThru", "UseNewEnvironment", "LoadUserProfile"}

// started gives the program of a Start-Process and the arguments that are known.
func (f *File) started(c *Command) (program Word, arguments []string) {
	program = c.value("FilePath")
	taken := program.Span
	list := false
	for i, a := range c.Args {
		if a.Param != "" {
			list = a.names("ArgumentList") || a.Param == "args"
			continue
		}
		if a.Span == taken {
			continue
		}
		// The values of other parameters follow their names; those of switches do not, and a program comes first.
		named := i > 0 && c.Args[i-1].Param != "" && !list && !slices.ContainsFunc(startSwitches, c.Args[i-1].names)
		switch {
		case named:
		case !list && program == (Word{}):
			program, taken = a.Word, a.Span
		case a.Known:
			arguments = append(arguments, a.Value)
		default:
			arguments = append(arguments, "?")
		}
	}
	return program, arguments
}

// option reports whether one of some options is among the words: /s and -s are the same to programs of Windows.
func option(words []string, names ...string) bool {
	for _, w := range words[min(1, len(words)):] {
		if len(w) > 1 && (w[0] == '/' || w[0] == '-') && slices.Contains(names, w[1:]) {
			return true
		}
	}
	return false
}

// begins reports whether a command line starts with some words.
func begins(words []string, start ...string) bool {
	return len(words) >= len(start) && slices.Equal(words[:len(start)], start)
}

// newer reports whether a command is in a block that PowerShell 7 runs.
func (f *File) newer(c *Command) bool {
	for p := c.Parent; p != nil; p = p.Parent {
		if f.is(p, "pwsh") {
			return true
		}
	}
	return false
}

// says reports whether the script has a text somewhere outside of comments, whatever its case. The text is in lower
// case.
func (f *File) says(text string) bool {
	if f.lower == "" {
		f.lower, f.said = strings.ToLower(f.code())+"\n", map[string]bool{}
	}
	found, asked := f.said[text]
	if !asked {
		found = strings.Contains(f.lower, text)
		f.said[text] = found
	}
	return found
}

// code is the script without comments.
func (f *File) code() string {
	var b strings.Builder
	from := 0
	for _, c := range f.Comments {
		if c.From >= from {
			b.WriteString(f.Text[from:c.From])
			from = c.To
		}
	}
	b.WriteString(f.Text[from:])
	return b.String()
}
