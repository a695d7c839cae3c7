package armexpr

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/armjson"
)

func stringFunctions() []Function {
	return []Function{
		{Name: "base64", Group: Strings, Summary: "the UTF-8 bytes of a text in base64", Min: 1, Max: 1,
			Result: armjson.String, Eval: toBase64},
		{Name: "base64ToJson", Group: Strings,
			Summary: "the value that base64 of its JSON stands for; read as json reads", Min: 1, Max: 1,
			Eval: base64ToJSON},
		{Name: "base64ToString", Group: Strings, Summary: "the text that base64 stands for", Min: 1, Max: 1,
			Result: armjson.String, Eval: base64ToString},
		{Name: "buildUri", Group: Strings,
			Summary: "a URI from scheme, host, port, path and query; escapes what must be", Min: 1, Max: 1,
			Result: armjson.String, Eval: buildURI},
		{Name: "concat", Group: Strings, Summary: "joins texts, or arrays if the first argument is one",
			Min: 1, Max: -1, Unknowns: NeedsNone, Eval: concat},
		{Name: "dataUri", Group: Strings, Summary: "a text as a data URI", Min: 1, Max: 1,
			Result: armjson.String, Eval: dataURI},
		{Name: "dataUriToString", Group: Strings, Summary: "the text of a data URI", Min: 1, Max: 1,
			Result: armjson.String, Eval: dataURIToString},
		{Name: "endsWith", Group: Strings, Summary: "whether a text ends with another; ignores case", Min: 2, Max: 2,
			Result: armjson.Bool, Eval: endsWith},
		{Name: "format", Group: Strings, Summary: "fills {0}, {1,-10}, {2:N0} as .NET does", Min: 1, Max: -1,
			Result: armjson.String, Eval: format},
		{Name: "guid", Group: Strings, Summary: "a GUID made of the arguments alone", Min: 1, Max: -1,
			Result: armjson.String, Eval: guidOf},
		{Name: "join", Group: Strings, Summary: "the elements of an array as one text, with another between them",
			Min: 2, Max: 2, Result: armjson.String, Eval: join},
		{Name: "json", Group: Objects, Summary: "the value of a JSON text; single quotes and comments are read too",
			Min: 1, Max: 1, Eval: jsonValue},
		{Name: "like", Group: Strings, Summary: "whether a text fits a pattern, in which * is any text; ignores case",
			Min: 2, Max: 2, Result: armjson.Bool, Eval: like},
		{Name: "newGuid", Group: Strings, Summary: "a new GUID in each deployment", In: []Position{InParameterDefault},
			Result: armjson.String, Eval: newGUID},
		{Name: "padLeft", Group: Strings, Summary: "fills a text or whole number up from the left", Min: 2, Max: 3,
			Result: armjson.String, Eval: padLeft},
		{Name: "parseUri", Group: Strings, Summary: "scheme, host, port, path and query of a URI", Min: 1, Max: 1,
			Result: armjson.Object, Eval: parseURI},
		{Name: "replace", Group: Strings, Summary: "replaces every occurrence of a text; case counts", Min: 3, Max: 3,
			Result: armjson.String, Eval: replace},
		{Name: "split", Group: Strings, Summary: "cuts a text at a delimiter, or at any of several; empty parts stay",
			Min: 2, Max: 2, Result: armjson.Array, Eval: split},
		{Name: "startsWith", Group: Strings, Summary: "whether a text starts with another; ignores case",
			Min: 2, Max: 2, Result: armjson.Bool, Eval: startsWith},
		{Name: "string", Group: Strings,
			Summary: "a value as text; arrays and objects as JSON, booleans as True and False", Min: 1, Max: 1,
			Result: armjson.String, Eval: stringOf},
		{Name: "substring", Group: Strings, Summary: "part of a text, from a place on; counts UTF-16 units",
			Min: 2, Max: 3, Result: armjson.String, Eval: substring},
		{Name: "toLower", Group: Strings, Summary: "lower case, of no particular language", Min: 1, Max: 1,
			Result: armjson.String, Eval: onText(lowerInvariant)},
		{Name: "toUpper", Group: Strings, Summary: "upper case, of no particular language", Min: 1, Max: 1,
			Result: armjson.String, Eval: onText(upperInvariant)},
		{Name: "trim", Group: Strings, Summary: "without white space at both ends", Min: 1, Max: 1,
			Result: armjson.String, Eval: onText(strings.TrimSpace)},
		{Name: "uniqueString", Group: Strings, Summary: "13 letters and digits made of the arguments alone",
			Min: 1, Max: -1, Result: armjson.String, Eval: uniqueString},
		{Name: "uri", Group: Strings, Summary: "a relative URI resolved against an absolute one, as in RFC 3986",
			Min: 2, Max: 2, Result: armjson.String, Eval: uriFunc},
		{Name: "uriComponent", Group: Strings, Summary: "escapes all but letters, digits and -_.~ for use in a URI",
			Min: 1, Max: 1, Result: armjson.String, Eval: uriComponent},
		{Name: "uriComponentToString", Group: Strings, Summary: "undoes uriComponent", Min: 1, Max: 1,
			Result: armjson.String, Eval: uriComponentToString},
	}
}

// onText makes a function of one string.
func onText(f func(string) string) func(*Args) (*armjson.Node, error) {
	return func(a *Args) (*armjson.Node, error) {
		s, err := a.Text(0)
		if err != nil {
			return nil, err
		}
		if err := a.work(foldingCost * int64(len(s))); err != nil {
			return nil, err
		}
		return armjson.NewString(f(s)), nil
	}
}

// lowerInvariant and upperInvariant change the case letter by letter, as .NET does where no language is given: ß stays
// one letter, and the letters that only Turkish pairs with i and I, as well as the long s, stay what they are.
func lowerInvariant(s string) string {
	return strings.Map(func(r rune) rune {
		if r == 'İ' {
			return r
		}
		return unicode.ToLower(r)
	}, s)
}

func upperInvariant(s string) string {
	return strings.Map(func(r rune) rune {
		if r == 'ı' || r == 'ſ' {
			return r
		}
		return unicode.ToUpper(r)
	}, s)
}

// startsWith, as endsWith and unlike contains, ignores case.
func startsWith(a *Args) (*armjson.Node, error) {
	return compareEnds(a, func(text, part []uint16) []uint16 { return text[:len(part)] })
}

func endsWith(a *Args) (*armjson.Node, error) {
	return compareEnds(a, func(text, part []uint16) []uint16 { return text[len(text)-len(part):] })
}

// compareEnds compares the second text with an equally long end of the first. Upper case never changes the number of
// units.
func compareEnds(a *Args, end func(text, part []uint16) []uint16) (*armjson.Node, error) {
	texts, err := a.Texts()
	if err != nil {
		return nil, err
	}
	if err := a.work(collationCost * int64(len(texts[0])+len(texts[1]))); err != nil {
		return nil, err
	}
	text, part := units(texts[0]), units(texts[1])
	same := len(part) <= len(text) && equalFold(end(text, part), part)
	return armjson.NewBool(same), nil
}

func equalFold(x, y []uint16) bool {
	return upperInvariant(string(utf16.Decode(x))) == upperInvariant(string(utf16.Decode(y)))
}

// replace is about exact text: case counts, and nothing of it is a pattern.
func replace(a *Args) (*armjson.Node, error) {
	texts, err := a.Texts()
	if err != nil {
		return nil, err
	}
	text, old, by := texts[0], texts[1], texts[2]
	if old == "" {
		return nil, a.Fail(1, "replace cannot look for an empty text")
	}
	if err := a.work(foldingCost * int64(len(text))); err != nil {
		return nil, err
	}
	n := strings.Count(text, old)
	if err := a.Fits(int64(len(text))+int64(n)*int64(len(by)-len(old)), 0); err != nil {
		return nil, err
	}
	return armjson.NewString(strings.ReplaceAll(text, old, by)), nil
}

// padLeft takes whole numbers too, and pads with blanks when the third argument is left out.
func padLeft(a *Args) (*armjson.Node, error) {
	v := a.Values[0]
	if v.Kind == armjson.Number {
		if _, err := a.Int(0); err != nil {
			return nil, err
		}
	} else if v.Kind != armjson.String {
		return nil, a.Wants(0, "a string or a whole number")
	}
	total, err := a.Int(1)
	if err != nil {
		return nil, err
	}
	if total < 0 {
		return nil, a.Fail(1, "padLeft takes a length of 0 or more here, not %d", total)
	}
	padding := " "
	if a.Len() == 3 {
		if padding, err = a.Text(2); err != nil {
			return nil, err
		}
		if len(units(padding)) != 1 {
			return nil, a.Fail(2, "padLeft takes a single character here, not %q", shortText(padding))
		}
	}
	if err := a.work(foldingCost * int64(len(v.Text))); err != nil {
		return nil, err
	}
	missing := max(0, total-int64(unitCount(v.Text)))
	if missing > a.Env.Budget.Limits.Value { // before the product below could overflow
		return nil, a.Fits(missing, 0)
	}
	if err := a.Fits(missing*int64(len(padding))+int64(len(v.Text)), 0); err != nil {
		return nil, err
	}
	return armjson.NewString(strings.Repeat(padding, int(missing)) + v.Text), nil
}

// substring does not clamp: what lies outside of the text is an error, unlike with skip and take. A character that is
// cut in two becomes U+FFFD, since half of it is not text.
func substring(a *Args) (*armjson.Node, error) {
	text, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	start, err := a.Int(1)
	if err != nil {
		return nil, err
	}
	if err := a.work(foldingCost * int64(len(text))); err != nil {
		return nil, err
	}
	u := units(text)
	size := int64(len(u))
	if start < 0 || start > size {
		return nil, a.Fail(1, "substring cannot start at %d in a text of %s", start,
			count(len(u), "character", "characters"))
	}
	length := size - start
	if a.Len() == 3 {
		if length, err = a.Int(2); err != nil {
			return nil, err
		}
		if length < 0 || length > size-start {
			return nil, a.Fail(2, "substring cannot take %d from place %d of a text of %s",
				length, start, count(len(u), "character", "characters"))
		}
	}
	return armjson.NewString(string(utf16.Decode(u[start : start+length]))), nil
}

// split cuts at every delimiter. Where several fit, the first of the list is taken. An empty one is never found; an
// empty list stands for white space.
func split(a *Args) (*armjson.Node, error) {
	text, err := a.Text(0)
	if err != nil {
		return nil, err
	}
	delimiters, err := delimitersOf(a)
	if err != nil {
		return nil, err
	}
	if err := a.work(int64(len(text)) * int64(max(1, len(delimiters)))); err != nil {
		return nil, err
	}
	parts := gathering{a: a}
	for from, at := 0, newFinder(text, delimiters); ; {
		i, size := at.next(from)
		if err := parts.add(armjson.NewString(text[from:i])); err != nil {
			return nil, err
		}
		if size == 0 {
			return parts.array(), nil
		}
		if err := a.work(int64(len(delimiters))); err != nil {
			return nil, err
		}
		from = i + size
	}
}

// finder finds the places of delimiters in a text, from left to right. It goes through the text once for each of them:
// trying every one at every place would take a long text and a long delimiter hours.
type finder struct {
	text       string
	delimiters []string
	found      []int // where each delimiter is next; len(text) for nowhere, -1 before it was looked for
}

func newFinder(text string, delimiters []string) *finder {
	f := &finder{text: text, found: make([]int, len(delimiters))}
	for i, d := range delimiters {
		f.delimiters = append(f.delimiters, d)
		f.found[i] = -1
		if d == "" { // is never found
			f.found[i] = len(text)
		}
	}
	return f
}

// next gives the first delimiter at or behind from, and the first of the list where several fit. At the end of the text
// its size is 0.
func (f *finder) next(from int) (at, size int) {
	if len(f.delimiters) == 0 {
		if i := strings.IndexFunc(f.text[from:], unicode.IsSpace); i >= 0 {
			_, size = utf8.DecodeRuneInString(f.text[from+i:])
			return from + i, size
		}
		return len(f.text), 0
	}
	at = len(f.text)
	for i, d := range f.delimiters {
		if f.found[i] < from {
			f.found[i] = len(f.text)
			if j := strings.Index(f.text[from:], d); j >= 0 {
				f.found[i] = from + j
			}
		}
		if f.found[i] < at {
			at, size = f.found[i], len(d)
		}
	}
	return at, size
}

func delimitersOf(a *Args) ([]string, error) {
	v := a.Values[1]
	if v.Kind == armjson.String {
		return []string{v.Text}, nil
	}
	if v.Kind != armjson.Array {
		return nil, a.Wants(1, "a string or an array of strings")
	}
	var list []string
	for _, item := range v.Items {
		if item.Kind != armjson.String {
			return nil, a.Fail(1, "split takes strings as delimiters, not %s", item.Kind)
		}
		list = append(list, item.Text)
	}
	return list, nil
}
