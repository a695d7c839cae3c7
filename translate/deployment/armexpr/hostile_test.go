package armexpr_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// hostile has, for each function of the language, calls of it that are as slow as a template can make them. @name is a
// parameter of large or huge.
var hostile = map[string][]string{
	"add": {"add(@digits, 1)"}, "and": {"and(true(), @text)"}, "array": {"array(@object)"},
	"base64": {"base64(@text)"}, "base64ToJson": {"base64ToJson(@text)", "base64ToJson(@brackets64)"},
	"base64ToString": {"base64ToString(@text)", "base64ToString(@blanks)"}, "bool": {"bool(@text)", "bool(@blanks)"},
	"buildUri": {"buildUri(createObject('scheme', 'https', 'host', @text))",
		"buildUri(createObject('scheme', 'https', 'host', 'h', 'path', @quotes))"},
	"cidrHost": {"cidrHost(@text, 1)"}, "cidrSubnet": {"cidrSubnet('::/0', 128, 9223372036854775807)",
		"cidrSubnet(@text, 1, 1)"},
	"coalesce": {"coalesce(null(), null(), @u, @text)"},
	"concat":   {"concat(@text, 'x')", "concat(@list, @list)", "concat(@digits)"},
	"contains": {"contains(@list, @object)", "contains(@text, @text2)", "contains(@object, @text)",
		"contains(@mixed, 'x')"},
	"copyIndex":    {"copyIndex(@text)", "copyIndex('l', @digits)"},
	"createArray":  {"createArray(@text, @list)", "createArray(" + strings.Repeat("1,", 5000) + "1)"},
	"createObject": {"createObject(@text, 1)", "createObject(" + strings.Repeat("'a',1,", 2500) + "'b',1)"},
	"dataUri":      {"dataUri(@text)"}, "dataUriToString": {"dataUriToString(@semicolons)",
		"dataUriToString(@escapedData)"},
	"dateTimeAdd": {"dateTimeAdd(@text, @text)", "dateTimeAdd('2020-01-01', @text)",
		"dateTimeAdd('2020-01-01', 'P1D', @fractions)"},
	"dateTimeFromEpoch": {"dateTimeFromEpoch(1, @days)"},
	"dateTimeToEpoch":   {"dateTimeToEpoch('Mon, 99 Nov 2020 99:99:99')"},
	"deployer":          {"deployer()"}, "deployment": {"deployment()"}, "div": {"div(@digits, @digits)"},
	"distinct": {"distinct(@list)", "distinct(@lists)"}, "empty": {"empty(@mixed)"},
	"endsWith": {"endsWith(@text, @text2)"}, "environment": {"environment()"},
	"equals": {"equals(@text, @text2)", "equals(@object, @object2)", "equals(@digits, @digits2)",
		"equals(@mixed, @list)"},
	"extensionResourceId": {"extensionResourceId(@text, @slashes, 'x')"}, "externalInputs": {"externalInputs(@text)"},
	"fail": {"fail(@quotes)", "fail(string(@list))"}, "false": {"false()"},
	"filter":  {"filter(@list, lambda('a', false()))", "filter(@mixed, lambda('a', lambdaVariables('a')))"},
	"first":   {"first(@text)", "first(@mixed)"},
	"flatten": {"flatten(@lists)", "flatten(createArray(@list, @mixed))"},
	"float":   {"float(@digitText)", "float(@blanks)"},
	"format": {"format(@holes, 0.5)", "format(@holes, 7)", "format(@braces)", "format(@roundHoles, 0.5)",
		"format('{0:N999999}', 5)",
		"format(concat('{0:', @pictures, '}'), 5)", "format('{0}', @mixed)", "format('{0,999999}', @text)",
		"format('{0}', @list)",
		"format('{0:E3999999}', @digits)"},
	"greater":         {"greater(@text, @text2)", "greater(@digits, @digits2)"},
	"greaterOrEquals": {"greaterOrEquals(@text, @text2)"},
	"groupBy": {"groupBy(@list, lambda('a', 'k'))",
		"groupBy(@list, lambda('a', string(lambdaVariables('a'))))"},
	"guid": {"guid(@text, @text)"}, "if": {"if(@u, @text, @text2)", "if(@u, @list, @object)",
		"if(true(), @text, fail(@text))"},
	"indexFromEnd": {"indexFromEnd(@mixed, 1)"},
	"indexOf":      {"indexOf(@text, 'aab')", "indexOf(@list, @object)", "indexOf(@mixed, 'x')"},
	"int":          {"int(@digitText)", "int(@blanks)"},
	"intersection": {"intersection(@list, @list, @list, @list)", "intersection(@object, @object2)",
		"intersection(@list, @mixed)"},
	"items":  {"items(@object)", "items(@longKeys)"},
	"join":   {"join(@list, @text)", "join(@list, '')", "join(@empties, '')"},
	"json":   {"json(@brackets)", "json(@commas)", "json(@pairs)", "json(@text)", "json(@quotes)"},
	"lambda": {"lambda('a', 1)", "map(@list, lambda(" + strings.Repeat("'a',", 5000) + "1))"},
	"last":   {"last(@text)", "last(@mixed)"}, "lastIndexOf": {"lastIndexOf(@text, 'baa')", "lastIndexOf(@list, 'x')"},
	"length": {"length(@text)", "length(@mixed)"},
	"less":   {"less(@text, @text2)"}, "lessOrEquals": {"lessOrEquals(@text, @text2)"},
	"list*": {"listKeys(@text, @text)"},
	"like": {"like(@text, @text2)", "like(@text, '*a*b*a')", "like(@text, '*ab*ab*')",
		"like(@blanks, @stars)"},
	"managementGroup": {"managementGroup()"}, "managementGroupResourceId": {"managementGroupResourceId(@slashes, 'x')"},
	"lambdaVariables": {"lambdaVariables(@text)", "map(@list, lambda('a', lambdaVariables('b')))"},
	"map": {"map(@list, lambda('a', 'i', add(lambdaVariables('a'), lambdaVariables('i'))))",
		"map(range(0, 99), lambda('a', if(@u, lambdaVariables('a'), @text)))",
		"map(createArray(@text), lambda('t', if(@u, concat(" + strings.Repeat("lambdaVariables('t'),", 800) +
			"'x'), 1)))"},
	"mapValues": {"mapValues(@object, lambda('a', 1))"},
	"max":       {"max(@list)", "max(@mixed)", "max(" + strings.Repeat("1,", 10000) + "1)"}, "min": {"min(@list)"},
	"mod": {"mod(@digits, 3)"}, "mul": {"mul(@digits, 3)"}, "newGuid": {"newGuid()"}, "not": {"not(@text)"},
	"null":       {"null()"},
	"objectKeys": {"objectKeys(@object)", "objectKeys(@longKeys)"}, "or": {"or(false(), @text)"},
	"padLeft":    {"padLeft(@text, 0)", "padLeft('x', 4000000)", "padLeft(@digits, 1)"},
	"parameters": {"parameters(@text)", "@object.nothing", "@object[@text]", "@list[@digits]", "@mixed[0]"},
	"parseCidr":  {"parseCidr(@text)"}, "parseUri": {"parseUri(@dots)", "parseUri(@text)"},
	"pickZones": {"pickZones(@text, @text, @text)"}, "providers": {"providers(@text)"}, "range": {"range(0, 10000)"},
	"reduce": {"reduce(@list, 0, lambda('a', 'b', 1))",
		"reduce(@list, @text, lambda('a', 'b', lambdaVariables('a')))"},
	"reference": {"reference(@text)", "reference(@text, @text, @text)"}, "references": {"references(@text)"},
	"replace":    {"replace(@text, 'aab', 'x')", "replace(@text, @text2, '')", "replace(@text, 'aa', '')"},
	"resourceId": {"resourceId(@slashes, 'x')", "resourceId('A.B/c', @text)"}, "resourceGroup": {"resourceGroup()"},
	"roleDefinitions": {"roleDefinitions(@text)"},
	"shallowMerge":    {"shallowMerge(createArray(@object, @object2))", "shallowMerge(createArray(@longKeys))"},
	"skip":            {"skip(@text, 3999999)", "skip(@list, 1)", "skip(@mixed, 99999)"},
	"sort": {"sort(@list, lambda('a', 'b', true()))",
		"sort(range(0, 9), lambda('a', 'b', less(@text, @text2)))"},
	"split": {"split(@text, @longDelimiter)", "split(@text, @longDelimiters)", "split(@text, 'a')",
		"split(@text, @numerals)", "split(@blanks, createArray())", "split(@text, createArray('b', 'a', 'aaaab'))"},
	"startsWith":   {"startsWith(@text, @text2)", "startsWith(@text, 'b')"},
	"string":       {"string(@object)", "string(@quotes)", "string(@mixed)", "string(@digits)"},
	"sub":          {"sub(@digits, 1)"},
	"subscription": {"subscription()"}, "subscriptionResourceId": {"subscriptionResourceId(@slashes, 'x')"},
	"substring": {"substring(@text, 3999999)", "substring(@text, 0, 1)"},
	"take":      {"take(@text, 3999999)", "take(@list, 99999)"}, "tenant": {"tenant()"},
	"tenantResourceId": {"tenantResourceId(@slashes, 'x')"},
	"toLogicalZone":    {"toLogicalZone('s', @text, @text)"}, "toLogicalZones": {"toLogicalZones('s', 'r', @numerals)"},
	"toLower": {"toLower(@text)"}, "toObject": {"toObject(@list, lambda('a', 'k'))"},
	"toPhysicalZone":  {"toPhysicalZone('s', @text, @text)"},
	"toPhysicalZones": {"toPhysicalZones('s', 'r', @numerals)"},
	"toUpper":         {"toUpper(@text)"}, "trim": {"trim(@blanks)"}, "true": {"true()"},
	"tryGet":               {"tryGet(@object, @text)", "tryGet(@list, 5, 'a')"},
	"tryIndexFromEnd":      {"tryIndexFromEnd(@mixed, 1)"},
	"union":                {"union(@list, @list)", "union(@object, @object2)", "union(@mixed, @list)"},
	"uniqueString":         {"uniqueString(@text)"},
	"uri":                  {"uri(@dots, @dots)", "uri('https://h', @quotes)", "uri(@text, @text)"},
	"uriComponent":         {"uriComponent(@quotes)"},
	"uriComponentToString": {"uriComponentToString(@percents)", "uriComponentToString(@text)"},
	"utcNow":               {"utcNow(@days)", "utcNow(@fractions)"}, "variables": {"variables(@text)"},
}

// huge are more values such as a parameter file may hold, each of about as much text as large has.
var huge = sync.OnceValue(func() map[string]*armjson.Node {
	const size = 4_000_000
	fill := func(s string) *armjson.Node { return armjson.NewString(strings.Repeat(s, size/len(s))) }
	list := func(n int, item func(i int) *armjson.Node) *armjson.Node {
		items := make([]*armjson.Node, n)
		for i := range items {
			items[i] = item(i)
		}
		return armjson.NewArray(items)
	}
	unknown := armjson.NewUnknown(armjson.Missing{Form: "reference('u')", Why: "asks u"})
	text := strings.Repeat("a", size/2) + "b"
	return map[string]*armjson.Node{
		"blanks": fill(" "), "quotes": fill("'"), "stars": fill("*"), "braces": fill("{{"), "holes": fill("{0:N0}"),
		"brackets": fill("["), "commas": fill(","),
		"roundHoles": fill("{0:G999999}"),
		"pairs":      armjson.NewString("{" + strings.Repeat("'a':1,", size/6) + "'b':1}"),
		"brackets64": fill("W1tb"), "semicolons": armjson.NewString("data:" + strings.Repeat(";", size) + ","),
		"escapedData": armjson.NewString("data:," + strings.Repeat("%41", size/3)), "percents": fill("%41"),
		"slashes": fill("a/"),
		"dots":    armjson.NewString("https://h/" + strings.Repeat("../a/", size/20)), "digitText": fill("1"),
		"pictures":       fill("0#,"),
		"digits":         {Kind: armjson.Number, Text: strings.Repeat("1", size)},
		"digits2":        {Kind: armjson.Number, Text: strings.Repeat("1", size)},
		"days":           armjson.NewString(strings.Repeat("dM", 50_000)),
		"fractions":      armjson.NewString(strings.Repeat("F''", 33_000)),
		"longDelimiter":  armjson.NewString(text),
		"longDelimiters": list(8, func(int) *armjson.Node { return armjson.NewString(text) }),
		"lists":          list(100, func(int) *armjson.Node { return large()["list"] }),
		"empties":        list(100_000, func(int) *armjson.Node { return armjson.NewString("") }),
		"numerals":       list(100_000, func(i int) *armjson.Node { return armjson.NewString("b") }),
		"longKeys": armjson.NewObject([]armjson.Member{{Key: text, Value: armjson.NewNull()},
			{Key: text + "b", Value: armjson.NewNull()}}),
		"mixed": armjson.NewArray(append(slices.Clone(large()["list"].Items[1:]), unknown)), "u": unknown,
		"object2": armjson.NewObject(slices.Clone(large()["object"].Members)),
	}
})

// TestNoFunctionOutrunsItsSteps calls each function a hundred million times on its worst arguments, whether it has a
// value or fails, in a loop that keeps nothing. A function that is charged too little for what it does would keep this
// test busy for hours.
func TestNoFunctionOutrunsItsSteps(t *testing.T) {
	for _, f := range armexpr.Functions() {
		if len(hostile[f.Name]) == 0 {
			t.Errorf("there is no hostile call of %s", f.Name)
		}
	}
	limits := armexpr.DefaultLimits()
	limits.Steps /= 250 // for a shorter test
	for name, calls := range hostile {
		for _, call := range calls {
			t.Run(name+"/"+call[:min(len(call), 50)], func(t *testing.T) {
				env := bombEnv()
				env.Budget = armexpr.NewBudget(limits)
				env.Parameter = func(name string) (*armjson.Node, error) {
					if v := huge()[name]; v != nil {
						return v, nil
					}
					if v := large()[name]; v != nil {
						return v, nil
					}
					return nil, &armexpr.Error{Summary: "there is no such parameter"}
				}
				if name == "reference" || name == "references" || name == "list*" {
					env.Position = armexpr.InResource
				}
				const loop = "filter(range(0, 10000), lambda('x', empty(createArray(#))))"
				text := "[" + strings.Replace(loop, "#", strings.Replace(loop, "#", "and(@u, "+call+")", 1), 1) + "]"
				huge()
				start := time.Now()
				_, err := evalString(parameterMark.ReplaceAllString(text, "parameters('$1')"), env)
				if e, ok := err.(*armexpr.Error); !ok || !e.OverBudget {
					t.Errorf("got the error %v, want a limit to be reached", err)
				}
				t.Logf("took %v", time.Since(start).Round(time.Millisecond))
			})
		}
	}
}
