package winguest

// A script is a list of statements. Only what parseScript knows has a form here; everything else is an error of it, so that no
// script is run by half.
type (
	statement interface{}
	ifElse    struct{ tests []ifTest }
	ifTest    struct { // of an else: no condition
		condition expression
		body      []statement
	}
	tryCatch struct{ body, catch, finally []statement }
	assign   struct {
		name  string // in lower case, with its scope: env:path
		value expression
	}
	exit  struct{ code expression } // nil: none
	throw struct{ message expression }
	call  struct {
		dot   bool // . instead of &
		block []statement
		path  expression // nil: the block
	}
	run struct {
		name  string // in lower case
		words []argument
		null  bool // | Out-Null
	}
	show struct{ value expression } // a value that stands alone is output

	define struct { // of a function
		name   string
		params []string
		body   []statement
	}
	while struct {
		condition expression
		body      []statement
	}
	leave struct{ kind int } // break and return
)

// argument is one word behind a command: an option or a value.
type argument struct {
	option string // -Name without its dash, in lower case; "" for a value
	value  expression
	bare   string // the value as written, where it was written without quotes
}

type expression interface{}

type (
	literal   struct{ value any } // string, int, bool, nil
	variable  struct{ name string }
	text      struct{ parts []expression } // "with $variables"
	operation struct {
		op          string // and, or, eq, ne, like, gt, lt
		left, right expression
	}
	negate   struct{ of expression }
	evaluate struct{ what run } // (Test-Path x)
	cast     struct {           // [int]$x
		to string
		of expression
	}
)
