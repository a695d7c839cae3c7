package azuresim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ParseFault reads a rule from one line: a method or "*", a path with "*" in it, and words.
//
//	PUT */images/* status=409 code=Conflict message=busy
//	GET * nth=3 times=all drop
//	PUT */virtualMachines/* stuck
//	PUT */versions/* region=westus stuck
//	* * call=17 status=401
//
// The words are those of Fault in lower case: nth, times (a number or "all"), call, delay, status, code, message, body,
// retry-after, drop, after, stuck, lose-vm, region. A value with blanks in it is put in quotes.
func ParseFault(line string) (*Fault, error) {
	words, err := splitWords(line)
	if err != nil {
		return nil, fmt.Errorf("fault %q: %w", line, err)
	}
	if len(words) < 3 {
		return nil, fmt.Errorf("fault %q has %d words: it takes a method, a path, and what goes wrong, such as \"PUT "+
			"*/images/* status=409\"", line, len(words))
	}
	f := &Fault{Method: strings.ToUpper(words[0]), Path: words[1]}
	if f.Method == "*" {
		f.Method = ""
	}
	for _, word := range words[2:] {
		if err := f.read(word); err != nil {
			return nil, fmt.Errorf("fault %q: %w", line, err)
		}
	}
	return f, nil
}

// read takes one word.
func (f *Fault) read(word string) (err error) {
	name, value, hasValue := strings.Cut(word, "=")
	switch name {
	case "drop", "after", "stuck", "lose-vm":
		if hasValue {
			return fmt.Errorf("%q takes no value", name)
		}
	default:
		if value == "" {
			return fmt.Errorf("%q is no word of a fault, or lacks its value", word)
		}
	}
	switch name {
	case "drop":
		f.Drop = true
	case "after":
		f.After = true
	case "stuck":
		f.Stuck = true
	case "lose-vm":
		f.LoseVM = true
	case "nth":
		f.Nth, err = positive(name, value)
	case "call":
		f.Call, err = positive(name, value)
	case "times":
		if f.Times = Always; value != "all" {
			f.Times, err = positive(name, value)
		}
	case "delay":
		f.Delay, err = duration(name, value)
	case "retry-after":
		f.RetryAfter, err = duration(name, value)
	case "status":
		if f.Status, err = positive(name, value); err == nil && (f.Status > 599 || f.Status < http.StatusOK) {
			err = fmt.Errorf("status %q is not between 200 and 599", value)
		}
	case "code":
		f.Code = value
	case "message":
		f.Message = value
	case "body":
		f.Body = value
	case "region":
		f.Region = normal(value)
	default:
		err = fmt.Errorf("%q is no word of a fault: nth, times, call, delay, status, code, message, body, retry-after, drop, "+
			"after, stuck, lose-vm, region are", name)
	}
	return err
}

func positive(name, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s takes a number from 1 on, not %q", name, value)
	}
	return n, nil
}

func duration(name, value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s takes a time such as 500ms or 2s, not %q", name, value)
	}
	return d, nil
}

// splitWords cuts at blanks that are in no quotes.
func splitWords(line string) (words []string, err error) {
	var word strings.Builder
	quoted, begun := false, false
	for _, c := range line {
		switch {
		case c == '"':
			quoted, begun = !quoted, true
		case !quoted && (c == ' ' || c == '\t'):
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(c)
			begun = true
		}
	}
	if quoted {
		return nil, fmt.Errorf("a quote is not closed")
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}
