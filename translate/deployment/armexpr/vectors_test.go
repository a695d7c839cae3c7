package armexpr_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// vector is one known answer: an expression, what it may see, and its value.
type vector struct {
	ID, Function, Expression string
	Context                  struct {
		Parameters, Variables            map[string]json.RawMessage
		Functions                        json.RawMessage
		Copy                             map[string]int
		DeploymentScope, Cloud, Position string
		Subscription, ResourceGroup      json.RawMessage
		ManagementGroup, Tenant          json.RawMessage
		Deployment, Deployer             json.RawMessage
		UTCNow                           time.Time
		Zones, ZoneMappings              json.RawMessage
	}
	Expected json.RawMessage
}

// vectorsFile holds the known answers, beside the repository.
var vectorsFile = filepath.Join("..", "..", "..", "..", "shared", "arm-vectors", "public.jsonl")

// disputed are the rows of the vectors that are held to be wrong, each with the evidence.
var disputed = map[string]string{}

// TestVectors runs the known answers, each as a test by its id.
func TestVectors(t *testing.T) {
	data, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Skipf("the vectors are not here: %v", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		t.Run(v.ID, func(t *testing.T) {
			if why := disputed[v.ID]; why != "" {
				t.Skip(why)
			}
			v.check(t)
		})
	}
}

func (v *vector) check(t *testing.T) {
	t.Helper()
	got, err := v.evaluate()
	var refused struct{ Error bool }
	_ = json.Unmarshal(v.Expected, &refused) // what is no object is no error either
	switch {
	case refused.Error && err == nil:
		t.Errorf("%s: got %s, want an error", v.Expression, got.JSON())
	case refused.Error:
	case err != nil:
		t.Errorf("%s: %v, want %s", v.Expression, err, v.Expected)
	default:
		if diff := cmp.Diff(decoded(t, string(v.Expected)), decoded(t, got.JSON())); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", v.Expression, diff)
		}
	}
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func (v *vector) evaluate() (*armjson.Node, error) {
	c := v.Context
	position := map[string]armexpr.Position{"parameterDefault": armexpr.InParameterDefault,
		"variable": armexpr.InVariable, "output": armexpr.InOutput}[c.Position]
	env := &armexpr.Env{
		Position:  position,
		Budget:    armexpr.NewBudget(armexpr.DefaultLimits()),
		Parameter: finder(c.Parameters),
		Variable:  finder(c.Variables),
		CopyIndex: func(loop string) *armjson.Node {
			if i, ok := c.Copy[loop]; ok {
				return armjson.NewInt(int64(i))
			}
			return nil
		},
		Context: &armexpr.Context{
			Level: map[string]armexpr.Level{"subscription": armexpr.SubscriptionLevel,
				"managementGroup": armexpr.ManagementGroupLevel, "tenant": armexpr.TenantLevel}[c.DeploymentScope],
			Subscription: node(c.Subscription), ResourceGroup: node(c.ResourceGroup),
			ManagementGroup: node(c.ManagementGroup),
			Tenant:          node(c.Tenant), Deployment: node(c.Deployment), Deployer: node(c.Deployer),
			Cloud: c.Cloud, Now: c.UTCNow, Zones: node(c.Zones), ZoneMappings: node(c.ZoneMappings),
			GUID: func() string { return "3f2504e0-4f89-41d3-9a0c-0305e82c3301" },
		},
	}
	env.User = v.user(env)
	return evalString(v.Expression, env)
}

func evalString(s string, env *armexpr.Env) (*armjson.Node, error) {
	if !armexpr.IsExpression(s) {
		return armjson.NewString(armexpr.Literal(s)), nil
	}
	e, perr := armexpr.Parse(s)
	if perr != nil {
		return nil, perr
	}
	return armexpr.Eval(e, env)
}

// user calls the functions of the row. Their bodies see their own parameters only.
func (v *vector) user(outer *armexpr.Env) func(*armexpr.Call, []*armjson.Node) (*armjson.Node, error) {
	return func(c *armexpr.Call, args []*armjson.Node) (*armjson.Node, error) {
		for _, space := range node(v.Context.Functions).Items {
			f := space.Get("members").Get(c.Name)
			if f == nil || !strings.EqualFold(space.Get("namespace").Text, c.Namespace) {
				continue
			}
			given := map[string]*armjson.Node{}
			for i, p := range f.Get("parameters").Items {
				if i < len(args) {
					given[strings.ToLower(p.Get("name").Text)] = args[i]
				}
			}
			inner := *outer
			inner.Variable = nil
			inner.Parameter = func(name string) (*armjson.Node, error) {
				if v := given[strings.ToLower(name)]; v != nil {
					return v, nil
				}
				return nil, &armexpr.Error{Summary: "unknown name " + name}
			}
			return evalTree(f.Get("output").Get("value"), &inner)
		}
		return nil, &armexpr.Error{Summary: "no function " + c.Name}
	}
}

// evalTree evaluates the strings in n.
func evalTree(n *armjson.Node, env *armexpr.Env) (*armjson.Node, error) {
	if n.Kind == armjson.String {
		return evalString(n.Text, env)
	}
	items, members := slices.Clone(n.Items), slices.Clone(n.Members)
	var err error
	for i := range items {
		if items[i], err = evalTree(items[i], env); err != nil {
			return nil, err
		}
	}
	for i := range members {
		if members[i].Value, err = evalTree(members[i].Value, env); err != nil {
			return nil, err
		}
	}
	switch n.Kind {
	case armjson.Array:
		return n.WithItems(items), nil
	case armjson.Object:
		return n.WithMembers(members), nil
	default:
		return n, nil
	}
}

func node(raw json.RawMessage) *armjson.Node {
	if raw == nil {
		return nil
	}
	n, _ := armjson.Parse("vector", raw)
	return n
}

func finder(in map[string]json.RawMessage) func(string) (*armjson.Node, error) {
	return func(name string) (*armjson.Node, error) {
		for k := range maps.Keys(in) {
			if strings.EqualFold(k, name) {
				return node(in[k]), nil
			}
		}
		return nil, &armexpr.Error{Summary: "unknown name " + name}
	}
}
