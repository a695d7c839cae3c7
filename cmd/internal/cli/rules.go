package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ingot-build/ingot/cmd/internal/codes"
	"github.com/ingot-build/ingot/cmd/internal/view"
	"github.com/ingot-build/ingot/translate/diag"
)

func newRules(env *Env) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "rules [CODE]...",
		Short: "list what is checked",
		Long: `List every kind of finding with its code, its severity and what it says: all of them, or those that are named. ING22xx stands for every
code that starts with ING22. "ingot explain CODE" says more of one.`,
		Example:           "  ingot rules\n  ingot rules ING22xx ING23xx\n  ingot rules --output json | jq -r '.rules[].code'",
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeCodes,
		RunE: func(_ *cobra.Command, args []string) error {
			return listRules(env, args, output)
		},
	}
	addOutput(cmd, &output)
	return cmd
}

// ruleReport is one kind of finding in the JSON that programs read.
type ruleReport struct {
	Code      diag.Code     `json:"code"`
	Severity  diag.Severity `json:"severity"`
	Summary   string        `json:"summary"`
	Reference string        `json:"reference,omitempty"`
	Scope     string        `json:"scope,omitempty"` // when it is looked for, if not always
	Page      bool          `json:"page"`            // "ingot explain" has examples
}

func listRules(env *Env, wanted []string, output string) error {
	set, err := parseCodes(wanted)
	if err != nil {
		return err
	}
	list := []ruleReport{}
	for _, e := range codes.All() {
		if len(wanted) > 0 && !set[e.Code] {
			continue
		}
		_, page := codes.PageOf(e.Code)
		list = append(list, ruleReport{e.Code, e.Severity, e.Summary, e.Reference, e.Scope, page})
	}
	if output == outputJSON {
		return view.Document(env.Stdout, map[string]any{"rules": list})
	}
	rows := make([][]string, len(list))
	for i, r := range list {
		rows[i] = []string{string(r.Code), r.Severity.String(), r.Summary}
	}
	return view.Table(env.Stdout, env.palette(env.Stdout), []string{"CODE", "SEVERITY", "SAYS"}, rows)
}

func newExplain(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "explain CODE",
		Short: "explain a finding",
		Long: `Print what there is to know about a kind of finding: why it matters, when it is silent, an image template that has it, what is said about that,
and one that is right. The examples are the part of an image template that matters.`,
		Example:           "  ingot explain ING2103",
		Args:              args("CODE"),
		ValidArgsFunction: completeCodes,
		RunE: func(_ *cobra.Command, args []string) error {
			return explain(env, args[0])
		},
	}
}

func explain(env *Env, given string) error {
	set, err := parseCodes([]string{given})
	if err != nil {
		return err
	}
	if len(set) > 1 {
		return &usageError{what: fmt.Sprintf("%q stands for %d codes", given, len(set)), fix: "list them with: ingot rules " + given}
	}
	for code := range set {
		entry, _ := codes.Find(code)
		e := view.Explanation{Entry: entry.Entry, Reference: entry.Reference, Scope: entry.Scope}
		if page, ok := codes.PageOf(code); ok {
			e.Text, e.Bad, e.Findings, e.Good = page.Text, page.Bad, page.Findings, page.Good
			for _, f := range page.Files {
				e.Files = append(e.Files, view.ExampleFile{Name: f.Name, Text: f.Text})
			}
		}
		return view.Explain(env.Stdout, env.palette(env.Stdout), e)
	}
	return nil
}

// parseCodes words a name that is no code.
func parseCodes(given []string) (codes.Set, error) {
	set, err := codes.Parse(given)
	var unknown *codes.UnknownError
	if errors.As(err, &unknown) {
		return nil, &usageError{what: unknown.Error(), fix: unknown.Fix()}
	}
	return set, err
}

func completeCodes(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	all := make([]string, len(codes.All()))
	for i, e := range codes.All() {
		all[i] = string(e.Code) + "\t" + e.Summary
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// sarifRule describes a code for code scanning services.
func sarifRule(code diag.Code) view.SARIFRule {
	e, _ := codes.Find(code)
	r := view.SARIFRule{Severity: e.Severity, Summary: e.Summary, Reference: e.Reference}
	if page, ok := codes.PageOf(code); ok {
		r.Text, r.Markdown = page.Text, view.SARIFMarkdown(page.Text, page.Bad, page.Good)
	}
	return r
}
