package gen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = `api-version 2024-02-01
union Animal by kind
  Cat: Cat
  Dog: Dog
object Cat
  kind: string, required, one of Cat
  lives: integer, from -1, to 9
  toys: list of Toy
object Dog
  kind: string, required, one of Dog
object Toy
  labels: map of string
  name: string, matches ^[A-Za-z0-9-_.]{1,64}$
`

func TestTextRoundTrip(t *testing.T) {
	s, err := Parse("# a comment\n\n" + sample)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample, Format(s)); diff != "" {
		t.Errorf("(-read +written):\n%s", diff)
	}
	if got := *s.Types[1].Properties[1].Min; got != -1 {
		t.Errorf("the lower limit is %d", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", `there is no line "api-version …"`},
		{"version twice", "api-version a\napi-version b\n", `line 2: "api-version b": it is no line of a snapshot`},
		{"property of nothing", "api-version a\n  x: string\n", `line 2: "  x: string": it is under no object`},
		{"no type", "api-version a\nobject A\n  x\n", `line 3: "  x": there is no ": "`},
		{"new word", "api-version a\nobject A\n  x: string, nullable\n", `line 3: "  x: string, nullable": "nullable" is unknown`},
		{"limit", "api-version a\nobject A\n  x: integer, from many\n",
			`line 3: "  x: integer, from many": strconv.ParseInt: parsing "many": invalid syntax`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text)
			if fmt.Sprint(err) != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// publishedSample has each form that the published schemas have.
const publishedSample = `{
  "id": "x", "title": "x", "description": "x", "$schema": "x",
  "resourceDefinitions": {"zoos": {"type": "object", "description": "x", "required": ["apiVersion", "star"], "properties": {
    "apiVersion": {"type": "string", "enum": ["2024-02-01"]},
    "name": {"oneOf": [{"type": "string", "pattern": "^a{1,3}$"}, {"$ref": "EXPRESSION"}]},
    "open": {"oneOf": [{"type": "boolean"}, {"$ref": "EXPRESSION"}]},
    "tags": {"oneOf": [{"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}, {"$ref": "EXPRESSION"}]},
    "parts": {"type": "array", "items": {"oneOf": [{"$ref": "#/definitions/Cage"}]}},
    "star": {"oneOf": [{"$ref": "#/definitions/Animal"}, {"$ref": "EXPRESSION"}]}}}},
  "definitions": {
    "Animal": {"allOf": [
      {"type": "object", "additionalProperties": false, "required": ["kind", "name"], "properties": {
        "kind": {"type": "string", "enum": ["Dog", "Cat"]}, "name": {"type": "string"}}},
      {"oneOf": [
        {"allOf": [{"$ref": "#/definitions/Dog"}, {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "Dog"}}}]},
        {"allOf": [{"$ref": "#/definitions/Cat"}, {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "Cat"}}}]}]}]},
    "Cage": {"type": "object", "properties": {"size": {"oneOf": [{"type": "integer", "minimum": 0, "maximum": 9}, {"$ref": "EXPRESSION"}]}}},
    "Cat": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", "enum": ["Cat"]}}},
    "Dog": {"type": "object", "properties": {
      "kind": {"type": "string", "enum": ["Dog"]}, "in": {"oneOf": [{"type": "array", "items": {"$ref": "#/definitions/Cage"}}, {"$ref": "EXPRESSION"}]}}},
    "Unused": {"type": "object", "additionalProperties": {"type": "string"}}}}`

func TestFromPublished(t *testing.T) {
	s, err := FromPublished([]byte(strings.ReplaceAll(publishedSample, "EXPRESSION", expression)))
	if err != nil {
		t.Fatal(err)
	}
	const want = `api-version 2024-02-01
union Animal by kind
  Cat: Cat
  Dog: Dog
object Cage
  size: integer, from 0, to 9
object Cat
  kind: string, required, one of Cat
  name: string, required
object Dog
  in: list of Cage
  kind: string, required, one of Dog
  name: string, required
object zoos
  apiVersion: string, required
  name: string, matches ^a{1,3}$
  open: boolean
  parts: list of Cage
  star: Animal, required
  tags: map of string
`
	if diff := cmp.Diff(want, Format(s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestFromPublishedRefuses: what the snapshot cannot say is never passed over.
func TestFromPublishedRefuses(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"new keyword", `"maximum": 9`, `"multipleOf": 9`, `unknown field "multipleOf"`},
		{"new type", `"type": "boolean"`, `"type": "number"`, `zoos.open: type "number" is new`},
		{"alternatives", `[{"type": "boolean"}, {"$ref": "EXPRESSION"}]`, `[{"type": "boolean"}, {"type": "string"}]`,
			`zoos.open: it has alternatives other than an expression`},
		{"definition that is not there", `"#/definitions/Animal"`, `"#/definitions/Plant"`, `zoos.star: "#/definitions/Plant" is not in the file`},
		{"limits inside a map", `"additionalProperties": {"type": "string"}}, {"$ref": "EXPRESSION"}`,
			`"additionalProperties": {"type": "string", "pattern": "a"}}, {"$ref": "EXPRESSION"}`, `zoos.tags: what is inside has limits of its own`},
		{"value without variant", `"enum": ["Dog", "Cat"]`, `"enum": ["Dog", "Cat", "Cow"]`,
			`zoos.star: the values of "kind" are not the variants of "Animal"`},
		{"variant of another name", `"enum": ["Cat"]`, `"enum": ["Kitten"]`, `zoos.star: definition "Cat" does not say "Cat" of itself`},
		{"required and not there", `"required": ["kind"], "properties": {"kind": {"type": "string", "enum": ["Cat"]}}`,
			`"required": ["tail"], "properties": {"kind": {"type": "string", "enum": ["Cat"]}}`,
			`zoos.star: definition "Cat" requires "tail", which it does not have`},
		{"value with a comma", `"enum": ["2024-02-01"]`, `"enum": ["2024-02-01", "b, c"]`,
			`zoos.apiVersion: it is ["2024-02-01" "b, c"], and another resource says ""`},
		{"no version", `"apiVersion": {"type": "string", "enum": ["2024-02-01"]},`, `"apiVersions": {"type": "string"},`,
			`definition "zoos" requires "apiVersion", which it does not have`},
		{"not JSON", `"id": "x",`, `id`, `invalid character 'i'`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(publishedSample, tt.old, tt.new, 1)
			if changed == publishedSample {
				t.Fatal("the sample does not have what is to be replaced")
			}
			_, err := FromPublished([]byte(strings.ReplaceAll(changed, "EXPRESSION", expression)))
			if !strings.Contains(fmt.Sprint(err), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestFold(t *testing.T) {
	shapes := func(texts ...string) []Shape {
		var all []Shape
		for i, text := range texts {
			s, err := Parse(fmt.Sprintf("api-version %d\n%s", i+1, text))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, s)
		}
		return all
	}
	const plain, required, none = "object A\n  x: string\n", "object A\n  x: string, required\n", "object A\n"
	for _, tt := range []struct {
		name  string
		texts []string
		want  string // spans of x, or the error
	}{
		{"always", []string{plain, plain, plain}, "1-"},
		{"later", []string{none, plain, plain}, "2-"},
		{"ended", []string{plain, plain, none}, "1-2"},
		{"changed", []string{plain, required, required}, "1-1 2-"},
		{"changed and back", []string{plain, required, plain}, "1-1 2-2 3-"},
		{"went and came back", []string{plain, none, plain}, "1-1 3-"},
		{"type came later", []string{"", plain, plain}, "2-"},
		{"type went and came back", []string{plain, "", plain}, `type "A" went and came back`},
		{"object became a union", []string{plain, "union A by x\n  v: B\n"}, `type "A" has the discriminator "" in one version and "x" in another`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tables, err := Fold(shapes(tt.texts...))
			got := fmt.Sprint(err)
			if err == nil {
				var spans []string
				for _, r := range tables[0].Rows {
					spans = append(spans, r.Since+"-"+r.Until)
				}
				got = strings.Join(spans, " ")
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	s := shapes(plain, plain)
	s[0], s[1] = s[1], s[0]
	if _, err := Fold(s); err == nil {
		t.Error("versions out of order were taken")
	}
}
