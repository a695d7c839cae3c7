package armexpr_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// manyKeys is an object of twenty members of a ring of n, the first of them number from.
func manyKeys(n, from int) string {
	parts := make([]string, 20)
	for i := range parts {
		parts[i] = fmt.Sprintf("\"k%d\": %d", (i+from)%n, (i+from)%n)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func TestEqual(t *testing.T) {
	for _, tt := range []struct {
		name, a, b string
		want       bool
	}{
		{"nulls", `null`, `null`, true},
		{"text and number", `"1"`, `1`, false},
		{"case of texts", `"a"`, `"A"`, false},
		{"number written otherwise", `3`, `3.0`, true},
		{"number with an exponent", `1200`, `1.2E+3`, true},
		{"minus zero", `0`, `-0.0`, true},
		{"the largest whole numbers", `9223372036854775807`, `9223372036854775806`, false},
		{"beyond 64 bits", `92233720368547758070`, `92233720368547758071`, false},
		{"a huge exponent", `1e999999999999999999999`, `1e-999999999999999999999`, false},
		{"key order", `{"a": 1, "b": [2]}`, `{"b": [2], "a": 1}`, true},
		{"case of keys", `{"a": 1}`, `{"A": 1}`, false},
		{"one key more", `{"a": 1}`, `{"a": 1, "b": 2}`, false},
		{"many keys", manyKeys(20, 0), manyKeys(20, 7), true},
		{"many keys, one of them other", manyKeys(20, 0), manyKeys(21, 1), false},
		{"order of elements", `[1, 2]`, `[2, 1]`, false},
		{"one element more", `[1, 2]`, `[1, 2, 3]`, false},
		{"deep", `[{"a": {"b": [null, {"c": false}]}}]`, `[{"a": {"b": [null, {"c": false}]}}]`, true},
		{"deep difference", `[{"a": {"b": [null, {"c": false}]}}]`, `[{"a": {"b": [null, {"c": null}]}}]`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := node([]byte(tt.a)), node([]byte(tt.b))
			if armexpr.Equal(a, b) != tt.want || armexpr.Equal(b, a) != tt.want {
				t.Errorf("Equal(%s, %s) is not %v both ways", tt.a, tt.b, tt.want)
			}
			if !armexpr.Equal(a, node([]byte(tt.a))) || !armexpr.Equal(a, a) {
				t.Errorf("%s does not equal itself", tt.a)
			}
		})
	}
	u := armjson.NewArray([]*armjson.Node{armjson.NewUnknown(armjson.Missing{Form: "x"})})
	if armexpr.Equal(u, u) {
		t.Error("what is not known equals itself")
	}
}
