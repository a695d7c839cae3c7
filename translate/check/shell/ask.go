package shell

import "github.com/ingot-build/ingot/translate/check/scriptrule"

// Others than rules ask about commands too: which of them need a kernel of their own is engine/fidelity/kernelbound's to say. These are
// the questions; each has its answer in this package.

// Has reports whether an option is given: one of the letters of short, alone or in -xyz, or one of the long names.
func (c *Command) Has(short string, long ...string) bool { return c.has(short, long...) }

// Plain returns the words that are neither options nor values of the options in valued: -o, --option.
func (c *Command) Plain(valued ...string) []Arg { return c.plain(valued...) }

// Open reports whether there are words whose number is not known: any option may be among them.
func (c *Command) Open() bool { return c.open() }

// Power tells what becomes of the machine: "restart", "off", or "" for nothing.
func (c *Command) Power() string { return c.power() }

// Packages tells what a package manager is told to do, "install", and the words after that. verb is "" if the command is none, if it
// does nothing but say what it would, or if what it does is not known.
func (c *Command) Packages() (verb string, names []Arg) {
	m, v, names := c.packages()
	if v == nil || !v.Known() || c.dry(m) && !c.open() {
		return "", nil
	}
	return v.Text, names
}

// String is what is known of a word: what is not is "…".
func (a Arg) String() string { return visible(a.Text) }

// Short is the text of a command for a message.
func (f *File) Short(c *Command) string { return f.short(c) }

// Started returns the command that a command starts with its words from at on: chroot DIR COMMAND. It is nil where that is not known.
func (c *Command) Started(at int) *Command {
	if at < 0 || at >= len(c.Args) {
		return nil
	}
	started := &Command{From: c.From, To: c.To, Sudo: c.Sudo, User: c.User, Call: c.Call, Stmt: c.Stmt, Scope: c.Scope}
	if !started.unwrap(c.Args[at:]) {
		return nil
	}
	return started
}

// Secrets are the places in the text that have a secret in clear text, or stand right before one: what is there is not to be shown.
func (f *File) Secrets() (places [][2]int) {
	if f.Tree != nil {
		secret(f, func(found scriptrule.Finding) { places = append(places, [2]int{found.From, found.To}) })
	}
	return places
}
