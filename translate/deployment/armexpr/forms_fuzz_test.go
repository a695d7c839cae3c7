package armexpr_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/deployment/armexpr"
)

// FuzzForms hands any text to the functions that read a small language of their own: no panic, and what comes out is
// text.
func FuzzForms(f *testing.F) {
	for _, seed := range []string{
		"{0:#,##0.00;(0);zero}", "{0,-10:N2}{{", "{0:0.##E+00}", "{0:G17}", "0,0,.00‰%",
		"yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz", `%d\d'q"`,
		"P1Y2M3W4DT5H6M7.8S", "-PT0,5H", "2020-04-07T14:53:14.1+02:00", "Tue, 07 Apr 2020 14:53:14 GMT", "10.0.0.0/8",
		"fd00::/48",
		"data:text/plain;charset=utf-16;base64,aQA=", "data:,%e9", "aGVsbG8=", "https://u@h:1/a/../b?q#f", "//h",
		"%ff%C3%A9",
		"{'a': [1, 2.5e3, null]}", "12345678901234567890.5", "-0.0", "1e308",
	} {
		f.Add(seed, "-1234.5")
		f.Add(seed, "99")
	}
	f.Fuzz(func(t *testing.T, text, number string) {
		if !utf8.ValidString(text) {
			return // no text of a template is anything else
		}
		n, err := armjson.ParseValue(number)
		if err != nil {
			n = armjson.NewInt(0)
		}
		env := textEnv()
		env.Budget = armexpr.NewBudget(armexpr.Limits{Steps: 1000, Bytes: 1 << 20, Value: 1 << 16, Items: 1000,
			Depth: 20, Calls: 10})
		env.Context.Now = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
		env.Parameter = func(name string) (*armjson.Node, error) {
			if name == "n" {
				return n, nil
			}
			return armjson.NewString(text), nil
		}
		for _, call := range []string{
			"format(parameters('t'), parameters('n'))", "format(concat('{0:', parameters('t'), '}'), parameters('n'))",
			"utcNow(parameters('t'))",
			"dateTimeAdd('2020-02-29', parameters('t'))", "dateTimeAdd(parameters('t'), '-P1M', 'o')",
			"dateTimeToEpoch(parameters('t'))",
			"cidrHost(parameters('t'), parameters('n'))", "cidrSubnet(parameters('t'), 24, parameters('n'))",
			"parseCidr(parameters('t'))",
			"dataUriToString(parameters('t'))", "base64ToString(parameters('t'))",
			"uri('https://h/a/b', parameters('t'))",
			"uri(parameters('t'), 'x')", "buildUri(parseUri(parameters('t')))", "uriComponentToString(parameters('t'))",
			"json(parameters('t'))", "string(json(parameters('t')))", "split(parameters('t'), parameters('t'))",
			"substring(parameters('t'), parameters('n'))",
		} {
			v, err := evalString("["+call+"]", env)
			if err == nil && !utf8.ValidString(v.JSON()) {
				t.Errorf("%s of %q is not text: %q", call, text, v.JSON())
			}
		}
	})
}
