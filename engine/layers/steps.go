package layers

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

// unseen are the properties of a step that its guest never sees: how it is called, and where it was written. All others are in its key,
// those that a later Ingot adds too, since the fields of the plan's own types are walked.
var unseen = map[string]bool{"id": true, "name": true, "origin": true}

// stepParts are the properties of a step that are set, by the names that they have in a plan.
func (s *Store) stepParts(step plan.Step) []part {
	var parts []part
	walk(reflect.ValueOf(step), "", func(name, value string) {
		if !unseen[name] {
			parts = append(parts, s.part(name, value))
		}
	})
	return parts
}

// walk hands out every property below v that is not empty. A case of a union, and a list, is handed out itself too: a Shell without
// properties is no File without properties, and an empty list is none that is missing.
func walk(v reflect.Value, name string, found func(name, value string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			found(name, "is there")
			walk(v.Elem(), name, found)
		}
	case reflect.Struct:
		if c, ok := v.Interface().(plan.Content); ok {
			found(name, contentSum(c))
			return
		}
		if _, ok := v.Interface().(plan.Origin); ok {
			return
		}
		for i := range v.NumField() {
			walk(v.Field(i), below(name, v.Type().Field(i)), found)
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		found(name, strconv.Itoa(v.Len()))
		for i := range v.Len() {
			walk(v.Index(i), name+"["+strconv.Itoa(i)+"]", found)
		}
	case reflect.String, reflect.Bool, reflect.Int64:
		if !v.IsZero() {
			found(name, fmt.Sprint(v.Interface()))
		}
	default:
		panic(fmt.Sprintf("layers: a plan has a %s at %s, which no key can be made of yet", v.Kind(), name))
	}
}

func below(name string, f reflect.StructField) string {
	tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		return tag
	}
	return name + "." + tag
}

// contentSum is the checksum of the bytes, wherever they came from: the same script at another address is the same step.
func contentSum(c plan.Content) string {
	if c.URI == "" {
		sum := sha256.Sum256([]byte(c.Text))
		return hex.EncodeToString(sum[:])
	}
	if !c.Resolved {
		panic(fmt.Sprintf("layers: %s is not resolved, so its bytes are not known", c.FileName))
	}
	return c.SHA256
}
