package shell_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
	"github.com/ingot-build/ingot/translate/check/shell"
)

func TestReview(t *testing.T) {
	list := os.Getenv("REVIEW")
	if list == "" {
		t.Skip()
	}
	data, _ := os.ReadFile(list)
	counts := map[string]int{}
	for _, name := range strings.Fields(string(data)) {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		s := file(string(text))
		f := shell.Parse(s)
		counts["files"]++
		for _, rule := range shell.Rules() {
			rule.Check(f, func(found scriptrule.Finding) {
				line := strings.Count(s.Text[:found.From], "\n") + 1
				l := strings.Split(s.Text, "\n")
				src := ""
				if line <= len(l) {
					src = strings.TrimSpace(l[line-1])
				}
				if len(src) > 130 {
					src = src[:130]
				}
				counts[string(rule.Code)]++
				fmt.Printf("%s %s:%d %s\n      %s\n", rule.Code, name[max(0, len(name)-45):], line, found.Summary, src)
			})
		}
	}
	fmt.Println(counts)
}
