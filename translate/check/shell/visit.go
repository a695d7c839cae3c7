package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// maxDepth is how deep a tree is looked into; the parser stops at about as much.
const maxDepth = 5_000

// maxInner is how many times the text of one command may be in the text of another.
const maxInner = 4

// collect lists the commands of the script. It gives up on one that is nested too deeply.
func (f *File) collect() bool {
	v := &visitor{f: f, consts: map[string]string{}, sets: map[string]int{}}
	f.defined = map[string]bool{}
	v.names(f.Tree)
	v.stmts(f.Tree.Stmts, Scope{})
	f.sum()
	return !v.deep
}

// sum looks up once what rules ask again and again.
func (f *File) sum() {
	f.stops = f.errexit()
	f.mindsRoot = slices.ContainsFunc([]string{"EUID", "$UID", "${UID", "id -u", "whoami", `sudo "$0"`, "sudo $0", "sudo -E $0",
		`sudo -E "$0"`, "declare -f", "BASH_SOURCE", "$USER", "${USER"}, func(s string) bool { return strings.Contains(f.Text, s) })
	f.known = len(f.Text)
	if len(f.Gaps) > 0 {
		f.known = 0
		for range f.Gaps[0] {
			f.known += strings.IndexByte(f.Text[f.known:], '\n') + 1
		}
	}
	for _, c := range f.Commands {
		if c.Root && c.mayOpen() {
			f.opening = append(f.opening, c)
		}
	}
}

// visitor walks a tree in the order of its text.
type visitor struct {
	f      *File
	consts map[string]string // variables that are set once, and were when the walk gets there
	sets   map[string]int    // how often variables are set, or may be
	depth  int
	deep   bool
}

// walk is syntax.Walk for a tree of any depth.
func (v *visitor) walk(n syntax.Node, visit func(syntax.Node) bool) {
	depth := v.depth
	syntax.Walk(n, func(n syntax.Node) bool {
		if n == nil {
			depth--
			return true
		}
		if depth > maxDepth {
			v.deep = true
		}
		if v.deep || !visit(n) {
			return false
		}
		depth++
		return true
	})
}

// names looks up which commands are defined in the script, and which variables are set more than once.
func (v *visitor) names(root syntax.Node) {
	v.walk(root, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			if n.Name != nil {
				v.f.defined[n.Name.Value] = true
			}
		case *syntax.Assign:
			if n.Name != nil {
				v.sets[n.Name.Value]++
				if n.Append || n.Naked || n.Array != nil || n.Index != nil {
					v.sets[n.Name.Value]++
				}
			}
		case *syntax.WordIter:
			v.sets[n.Name.Value] += 2
		case *syntax.CallExpr:
			for i, w := range n.Args {
				lit := w.Lit()
				if i > 0 { // read x
					v.sets[lit] += 2
				}
				if name, _, ok := strings.Cut(alias(w), "="); ok && i > 0 && n.Args[0].Lit() == "alias" {
					v.f.defined[name] = true
				}
			}
		}
		return true
	})
}

// alias is the start of a word that alias may be given: ll='ls -l'.
func alias(w *syntax.Word) string {
	if len(w.Parts) > 0 {
		if lit, ok := w.Parts[0].(*syntax.Lit); ok {
			return lit.Value
		}
	}
	return ""
}

func (v *visitor) stmts(list []*syntax.Stmt, sc Scope) {
	for _, s := range list {
		v.stmt(s, sc)
	}
}

func (v *visitor) stmt(s *syntax.Stmt, sc Scope) {
	if v.depth++; v.depth > maxDepth {
		v.deep = true
	}
	defer func() { v.depth-- }()
	if v.deep || s == nil {
		return
	}
	if s.Background || s.Coprocess || s.Disown {
		sc.Sub, sc.Behind = true, true
	}
	sc.Asked = sc.Asked || s.Negated
	inner := sc
	for _, r := range s.Redirs {
		switch r.Op {
		case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
			inner.Fed = true
		}
	}
	before := len(v.f.Commands)
	v.command(s, inner)
	var own *Command
	if _, simple := s.Cmd.(*syntax.CallExpr); simple && len(v.f.Commands) > before && v.f.Commands[before].Stmt == s {
		own = v.f.Commands[before]
	}
	for _, r := range s.Redirs {
		v.redirect(r, own, sc)
	}
}

func (v *visitor) redirect(r *syntax.Redirect, own *Command, sc Scope) {
	v.substitutions(r.Word, sc)
	if r.Hdoc != nil {
		v.substitutions(r.Hdoc, sc)
	}
	switch r.Op {
	case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.RdrAll, syntax.AppAll, syntax.RdrInOut:
		from, to := sc.place.span(r)
		v.f.Writes = append(v.f.Writes, Write{Op: r.Op, File: v.one(r.Word, sc.place), Command: own, From: from, To: to, Scope: sc})
	}
}

func (v *visitor) command(s *syntax.Stmt, sc Scope) {
	branch, asked, sub := sc, sc, sc
	branch.Branch, asked.Asked, sub.Sub = true, true, true
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		v.call(s, c, sc)
	case *syntax.DeclClause:
		v.declare(s, c, sc)
	case *syntax.BinaryCmd:
		v.binary(c, sc)
	case *syntax.Block:
		v.stmts(c.Stmts, sc)
	case *syntax.Subshell:
		v.stmts(c.Stmts, sub)
	case *syntax.IfClause:
		for ; c != nil; c = c.Else {
			v.stmts(c.Cond, asked)
			v.stmts(c.Then, branch)
			asked.Branch = true
		}
	case *syntax.WhileClause:
		v.stmts(c.Cond, asked)
		v.stmts(c.Do, branch)
	case *syntax.ForClause:
		v.substitutions(c.Loop, sc)
		v.stmts(c.Do, branch)
	case *syntax.CaseClause:
		v.substitutions(c.Word, sc)
		for _, item := range c.Items {
			v.stmts(item.Stmts, branch)
		}
	case *syntax.FuncDecl:
		body := sc
		body.Func = true
		v.stmt(c.Body, body)
	case *syntax.TimeClause:
		v.stmt(c.Stmt, sc)
	case *syntax.CoprocClause:
		sub.Behind = true
		v.stmt(c.Stmt, sub)
	case nil:
	case *syntax.TestClause:
		v.test(s, c, asked)
	default: // arithmetic
		v.substitutions(c, asked)
	}
}

// test takes [[ … ]] for a command with such words.
func (v *visitor) test(s *syntax.Stmt, t *syntax.TestClause, sc Scope) {
	v.substitutions(t, sc)
	c := &Command{Name: "[[", Stmt: s, Scope: sc}
	c.From, c.To = sc.place.span(t)
	v.walk(t.X, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.UnaryTest:
			c.Args = append(c.Args, Arg{Text: n.Op.String()})
		case *syntax.Word:
			c.Args = append(c.Args, v.one(n, sc.place))
			return false
		}
		return true
	})
	v.f.Tests = append(v.f.Tests, c)
}

// binary takes chains apart without calling itself for each link: they may be long.
func (v *visitor) binary(c *syntax.BinaryCmd, sc Scope) {
	if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
		v.pipe(c, sc)
		return
	}
	parts := []*syntax.Stmt{c.Y}
	x := c.X
	for {
		left, ok := x.Cmd.(*syntax.BinaryCmd)
		if !ok || x.Negated || len(x.Redirs) > 0 || left.Op == syntax.Pipe || left.Op == syntax.PipeAll {
			break
		}
		parts = append(parts, left.Y)
		x = left.X
	}
	parts = append(parts, x)
	for i := len(parts) - 1; i >= 0; i-- {
		part := sc
		part.Asked = part.Asked || i > 0
		part.Branch = part.Branch || i < len(parts)-1
		v.stmt(parts[i], part)
	}
}

func (v *visitor) pipe(c *syntax.BinaryCmd, sc Scope) {
	parts := []*syntax.Stmt{}
	rest := []*syntax.Stmt{c.Y, c.X} // a stack, the leftmost on top
	for len(rest) > 0 {
		s := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		if b, ok := s.Cmd.(*syntax.BinaryCmd); ok && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll) && len(s.Redirs) == 0 {
			rest = append(rest, b.Y, b.X)
		} else {
			parts = append(parts, s)
		}
	}
	made := Pipe{Scope: sc}
	for i, s := range parts {
		part := sc
		part.Sub, part.Fed = true, sc.Fed || i > 0
		before := len(v.f.Commands)
		v.stmt(s, part)
		var own *Command
		if len(v.f.Commands) > before && v.f.Commands[before].Stmt == s {
			own = v.f.Commands[before]
		}
		made.Parts = append(made.Parts, own)
	}
	v.f.Pipes = append(v.f.Pipes, made)
}

// substitutions visits the commands inside words, tests and arithmetic.
func (v *visitor) substitutions(n syntax.Node, sc Scope) {
	sc.Sub = true
	v.walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			v.stmts(n.Stmts, sc)
		case *syntax.ProcSubst:
			v.stmts(n.Stmts, sc)
		case *syntax.Assign:
			v.assign(n, sc)
			return true
		default:
			return true
		}
		return false
	})
}

func (v *visitor) assign(a *syntax.Assign, sc Scope) {
	if a.Name == nil || a.Naked || a.Array != nil || a.Index != nil {
		return
	}
	from, to := sc.place.span(a.Name)
	v.f.Assigns = append(v.f.Assigns, Assign{Name: a.Name.Value, Value: v.one(a.Value, sc.place), From: from, To: to})
}

// declare takes export X=1 for a command with such words.
func (v *visitor) declare(s *syntax.Stmt, d *syntax.DeclClause, sc Scope) {
	from, to := sc.place.span(d)
	wordFrom, wordTo := sc.place.span(d.Variant)
	word := Arg{Text: d.Variant.Value, From: wordFrom, To: wordTo}
	c := &Command{Name: word.Text, Word: word, From: from, To: to, Stmt: s, Scope: sc}
	for _, a := range d.Args {
		v.substitutions(a, sc)
		v.settle(a, sc)
		from, to := sc.place.span(a)
		arg := Arg{From: from, To: to}
		if a.Name != nil {
			if arg.Text = a.Name.Value; !a.Naked {
				arg.Text += "=" + v.one(a.Value, sc.place).Text
			}
		} else if a.Value != nil {
			arg = v.one(a.Value, sc.place)
		}
		c.Args = append(c.Args, arg)
	}
	v.f.Commands = append(v.f.Commands, c)
}

// settle remembers what a variable is set to, if that is the only time.
func (v *visitor) settle(a *syntax.Assign, sc Scope) {
	if a.Name == nil || a.Value == nil || v.sets[a.Name.Value] != 1 || sc.Branch || sc.Func || sc.Sub || !v.f.Whole() {
		return
	}
	if value := v.one(a.Value, sc.place); value.Known() && sc.Inner == 0 {
		v.consts[a.Name.Value] = value.Text
	}
}

func (v *visitor) call(s *syntax.Stmt, call *syntax.CallExpr, sc Scope) {
	for _, a := range call.Assigns {
		v.substitutions(a, sc)
	}
	var words []Arg
	for _, w := range call.Args {
		v.substitutions(w, sc)
		words = append(words, v.fields(w, sc.place)...)
	}
	if len(call.Args) == 0 {
		for _, a := range call.Assigns {
			v.settle(a, sc)
		}
		return
	}
	if len(words) == 0 {
		return
	}
	c := &Command{Call: call, Stmt: s, Scope: sc}
	c.From, c.To = sc.place.span(call)
	for _, a := range call.Assigns {
		if a.Name != nil {
			c.Env = append(c.Env, a.Name.Value+"="+v.one(a.Value, sc.place).Text)
		}
	}
	if !c.unwrap(words) || v.f.defined[c.Name] && len(c.Wrappers) == 0 && c.Sudo == nil {
		v.f.Indirect = append(v.f.Indirect, c)
		return
	}
	v.f.Commands = append(v.f.Commands, c)
	v.inner(c, sc)
}
