package armexpr_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// bombs are short expressions that ask for more than any machine has, each with the limit that stops it.
var bombs = []struct{ name, text, want string }{
	{"loops in loops", "[map(range(0, 10000), lambda('a', map(range(0, 10000), lambda('b', map(range(0, 10000), lambda('c', 'x'))))))]",
		"takes more than 500000 steps"},
	{"loops that keep nothing",
		"[filter(range(0, 10000), lambda('a', empty(filter(range(0, 10000), lambda('b', false())))))]",
		"takes more than 500000 steps"},
	{"doubling text", "[reduce(range(0, 100), 'x', lambda('a', 'b', concat($a, $a)))]",
		"this value would take more than"},
	{"doubling array", "[reduce(range(0, 100), createArray(1), lambda('a', 'b', concat($a, $a)))]",
		"this array would have more than"},
	{"doubling by nesting", "[reduce(range(0, 100), 'x', lambda('a', 'b', createArray($a, $a)))]",
		"this value would take more than"},
	{"nesting", "[reduce(range(0, 10000), createArray(), lambda('a', 'b', createArray($a)))]",
		"nested more than 200 deep"},
	{"nesting of objects", "[reduce(range(0, 10000), 1, lambda('a', 'b', createObject('k', $a)))]",
		"nested more than 200 deep"},
	{"flattening", "[flatten(map(range(0, 100), lambda('i', range(0, 10000))))]", "this value would take more than"},
	{"ranges kept", "[map(range(0, 10000), lambda('i', range(0, 10000)))]", "this value would take more than"},
	{"items of items", "[reduce(range(0, 1000), createObject('a', 1), lambda('a', 'b', createObject('x', items($a), 'y', items($a))))]",
		"this value would take more than"},
	{"long text measured again and again", "[map(range(0, 10000), lambda('i', length(@text)))]",
		"takes more than 500000 steps"},
	{"long text searched", "[map(range(0, 10000), lambda('i', indexOf(@text, 'aab')))]",
		"takes more than 500000 steps"},
	{"long text compared", "[map(range(0, 10000), lambda('i', equals(@text, @text2)))]",
		"takes more than 500000 steps"},
	{"long text ordered", "[map(range(0, 10000), lambda('i', less(@text, @text2)))]", "takes more than 500000 steps"},
	{"long array searched", "[filter(range(0, 10000), lambda('i', contains(@list, 'x')))]",
		"takes more than 500000 steps"},
	{"long array joined", "[filter(range(0, 10000), lambda('i', empty(union(@list, @list))))]",
		"takes more than 500000 steps"},
	{"large object searched", "[filter(range(0, 10000), lambda('i', contains(@object, 'x')))]",
		"takes more than 500000 steps"},
	{"large object merged", "[filter(range(0, 10000), lambda('i', empty(union(@object, @object))))]",
		"takes more than 500000 steps"},
	{"endless order", "[filter(range(0, 10000), lambda('i', empty(sort(range(0, 10000), lambda('a', 'b', true())))))]",
		"takes more than 500000 steps"},
	{"many arguments", "[union(" + strings.TrimSuffix(strings.Repeat("@list,", 900), ",") + ")]",
		"takes more than 500000 steps"},
}

// large are values as a parameter file of 4 MiB may hold.
var large = sync.OnceValue(func() map[string]*armjson.Node {
	items := make([]*armjson.Node, 100_000)
	for i := range items {
		items[i] = armjson.NewInt(int64(i))
	}
	members := make([]armjson.Member, 60_000)
	for i := range members {
		members[i] = armjson.Member{Key: fmt.Sprintf("key-%d", i), Value: armjson.NewInt(int64(i))}
	}
	text := strings.Repeat("a", 4_000_000)
	return map[string]*armjson.Node{
		"text": armjson.NewString(text), "text2": armjson.NewString(strings.Clone(text)),
		"list": armjson.NewArray(items), "object": armjson.NewObject(members),
	}
})

func bombEnv() *armexpr.Env {
	env := valueEnv()
	env.Parameter = func(name string) (*armjson.Node, error) { return large()[name], nil }
	limits := armexpr.DefaultLimits()
	limits.Steps /= 10 // for a shorter test
	env.Budget = armexpr.NewBudget(limits)
	return env
}

// TestBombs wants a limit to stop each of the bombs before it takes much memory. That each ends at all is what the time
// limit of the test binary is for.
func TestBombs(t *testing.T) {
	for _, tt := range bombs {
		t.Run(tt.name, func(t *testing.T) {
			env := bombEnv()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			text := variableMark.ReplaceAllString(parameterMark.ReplaceAllString(tt.text, "parameters('$1')"),
				"lambdaVariables('$1')")
			v, err := evalString(text, env)
			runtime.ReadMemStats(&after)
			e, ok := err.(*armexpr.Error)
			if !ok || !e.OverBudget {
				t.Fatalf("got %v, %v, want a limit to be reached", v != nil, err)
			}
			if !strings.Contains(e.Summary, tt.want) {
				t.Errorf("stopped by %q, want %q", e.Summary, tt.want)
			}
			// Memory allocated in all bounds the memory in use at any time.
			if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 2500 {
				t.Errorf("allocated %d MiB before it was stopped", got)
			}
		})
	}
}

// TestLargeParametersMayBeRead: what a parameter holds is charged once, not each time it is looked at.
func TestLargeParametersMayBeRead(t *testing.T) {
	env := bombEnv()
	env.Budget = armexpr.NewBudget(armexpr.DefaultLimits())
	text := "[length(map(range(0, 800), lambda('i', if(true(), first(parameters('list')), parameters('text')))))]"
	if got := evaluated(env, text); got != "800" {
		t.Errorf("got %s", got)
	}
}
