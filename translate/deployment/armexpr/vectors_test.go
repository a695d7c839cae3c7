package armexpr_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// vector is one known answer: an expression, what it may see, and its value.
type vector struct {
	ID, Function, Expression string
	Context                  struct {
		Parameters, Variables map[string]json.RawMessage
		DeploymentScope       string
		Subscription          struct{ SubscriptionID, TenantID string }
		ResourceGroup         struct{ ID, Name, Location string }
	}
	Expected json.RawMessage
}

// TestVectors runs the known answers whose function is covered. One that needs another function besides is counted and left
// out.
func TestVectors(t *testing.T) {
	file := filepath.Join("..", "..", "..", "..", "shared", "arm-vectors", "public.jsonl")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("the vectors are not here: %v", err)
	}
	covered := map[string]bool{"(syntax)": true}
	for _, f := range armexpr.Functions() {
		covered[f.Name] = true
	}
	ran, left := 0, 0
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if !covered[v.Function] {
			continue
		}
		got, err := evaluate(t, v)
		if e, ok := err.(*armexpr.Error); ok && e.NotCovered {
			left++
			continue
		}
		ran++
		wantError := bytes.HasPrefix(bytes.ReplaceAll(v.Expected, []byte(" "), nil), []byte(`{"error":true}`))
		switch {
		case wantError && err == nil:
			t.Errorf("%s: %s: got %s, want an error", v.ID, v.Expression, toJSON(got))
		case wantError:
		case err != nil:
			t.Errorf("%s: %s: %v, want %s", v.ID, v.Expression, err, v.Expected)
		default:
			var g, w any
			if err := json.Unmarshal([]byte(toJSON(got)), &g); err != nil {
				t.Fatalf("%s: %v", v.ID, err)
			}
			if err := json.Unmarshal(v.Expected, &w); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(g, w) {
				t.Errorf("%s: %s: got %s, want %s", v.ID, v.Expression, toJSON(got), v.Expected)
			}
		}
	}
	t.Logf("%d vectors ran, %d need a function that is not covered yet", ran, left)
	if ran < 90 {
		t.Errorf("only %d vectors ran", ran)
	}
}

func evaluate(t *testing.T, v vector) (*armjson.Node, error) {
	t.Helper()
	if !armexpr.IsExpression(v.Expression) {
		return &armjson.Node{Kind: armjson.String, Text: armexpr.Literal(v.Expression)}, nil
	}
	e, perr := armexpr.Parse(v.Expression)
	if perr != nil {
		return nil, perr
	}
	find := func(in map[string]json.RawMessage) func(string) (*armjson.Node, error) {
		return func(name string) (*armjson.Node, error) {
			for k, raw := range in {
				if strings.EqualFold(k, name) {
					n, _ := armjson.Parse("vector", raw)
					return n, nil
				}
			}
			return nil, &armexpr.Error{Summary: "unknown name " + name}
		}
	}
	c := v.Context
	group := c.ResourceGroup.Name
	sub := c.Subscription.SubscriptionID
	if parts := strings.Split(c.ResourceGroup.ID, "/"); len(parts) == 5 {
		sub, group = parts[2], parts[4]
	}
	return armexpr.Eval(e, &armexpr.Env{
		Functions: armexpr.Functions(),
		Parameter: find(c.Parameters),
		Variable:  find(c.Variables),
		Scope: armexpr.Scope{
			Level: map[string]armexpr.Level{"": 0, "resourceGroup": 0, "subscription": armexpr.SubscriptionLevel,
				"managementGroup": armexpr.ManagementGroupLevel, "tenant": armexpr.TenantLevel}[c.DeploymentScope],
			SubscriptionID: sub, TenantID: c.Subscription.TenantID, ResourceGroup: group, Location: c.ResourceGroup.Location,
		},
	})
}

// toJSON writes a value as JSON.
func toJSON(n *armjson.Node) string {
	quote := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	var parts []string
	switch n.Kind {
	case armjson.String:
		return quote(n.Text)
	case armjson.Number:
		return n.Text
	case armjson.Bool:
		if n.Bool {
			return "true"
		}
		return "false"
	case armjson.Array:
		for _, item := range n.Items {
			parts = append(parts, toJSON(item))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case armjson.Object:
		for _, m := range n.Members {
			parts = append(parts, quote(m.Key)+":"+toJSON(m.Value))
		}
		return "{" + strings.Join(parts, ",") + "}"
	default:
		return "null"
	}
}
