package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

// readmeFile is README.md: what the folder is, how it is run, and what it does not do. Values from the image template stand in it
// as code, or with escapes, so that nothing in them is Markdown.
func readmeFile(list []job, targets []target, lost []Loss) []byte {
	var b strings.Builder
	p := list[0].plan
	fmt.Fprintf(&b, "# Packer template of %s\n\n", code(p.Name))
	fmt.Fprintf(&b, "Ingot made this folder from the image template %s. Its source is %s.\n", code(p.Name), sourceText(p))
	if list[0].validates {
		b.WriteString("\nIt validates the source as it is: nothing is built or distributed.\n")
	}
	for i, j := range list {
		title := "Build the image"
		switch {
		case j.ofResult:
			title = "Validate the image"
		case j.validates:
			title = "Validate the source"
		}
		fmt.Fprintf(&b, "\n## %s\n", title)
		writeUsage(&b, j, targets[i].readme(), plugins(j, targets[i]))
	}
	b.WriteString("\n## What is in this folder\n\n")
	for _, j := range list {
		writeContents(&b, j)
	}
	writeLost(&b, lost)
	return []byte(b.String())
}

// writeUsage shows the commands, to be run in the folder of the job.
func writeUsage(b *strings.Builder, j job, u usage, plugins []plugin) {
	for _, paragraph := range u.before {
		fmt.Fprintf(b, "\n%s\n", paragraph)
	}
	dir := "."
	if j.dir != "" {
		dir = strings.TrimSuffix(j.dir, "/")
	}
	b.WriteString("\n```bash\n")
	if !slices.ContainsFunc(plugins, func(p plugin) bool { return p.local }) {
		fmt.Fprintf(b, "packer init %s\n", dir)
	} else {
		for _, p := range plugins {
			if !p.local {
				fmt.Fprintf(b, "packer plugins install %s\n", p.source)
			}
		}
	}
	for _, name := range u.secret {
		fmt.Fprintf(b, "read -rs PKR_VAR_%[1]s && export PKR_VAR_%[1]s\n", name)
	}
	b.WriteString("packer build")
	for _, v := range u.vars {
		fmt.Fprintf(b, " -var %s", v)
	}
	fmt.Fprintf(b, " %s\n```\n", dir)
	if u.result != "" {
		fmt.Fprintf(b, "\n%s\n", u.result)
	}
}

// writeContents lists the files of a job.
func writeContents(b *strings.Builder, j job) {
	what := "the build"
	if j.ofResult {
		what = "the validation"
	} else if j.validates {
		what = "the validation of the source"
	}
	fmt.Fprintf(b, "- %s: %s, a step for each part of the image template that it comes from\n", code(j.dir+TemplateFile), what)
	fmt.Fprintf(b, "- %s: what `-var` can set, and what it is without\n", code(j.dir+VariablesFile))
	files := 0
	for i := range j.steps {
		if c := j.steps[i].Content(); c != nil {
			files++
			fmt.Fprintf(b, "- %s: of %s\n", code(j.dir+FilesDir+"/"+c.FileName), code(j.steps[i].Title()))
		}
	}
	if files > 0 {
		fmt.Fprintf(b, "- %s: their checksums, for `sha256sum -c SHA256SUMS`\n", code(j.dir+SumsFile))
	}
}

// lostAround is what no Packer template does, whatever the target: the engine does it around Packer.
func lostAround(p *plan.Plan, o Options) []Loss {
	lost := []Loss{{What: fmt.Sprintf("the whole run does not end after %d minutes", p.TimeoutMinutes),
		Path: "properties.buildTimeoutInMinutes", Why: "Packer has no limit for a build"}}
	if p.OnError.KeepBuildVM {
		lost = append(lost, Loss{What: "a build VM whose customizer failed is not kept", Path: "properties.errorHandling.onCustomizerError",
			Fix: "packer build -on-error=abort"})
	}
	if p.OnError.KeepValidationVM {
		lost = append(lost, Loss{What: "a validation VM whose validator failed is not kept", Path: "properties.errorHandling.onValidationError",
			Fix: "packer build -on-error=abort " + ValidateDir})
	}
	if p.OptimizeBoot {
		lost = append(lost, Loss{What: "the image is not optimized for its boot", Path: "properties.optimize.vmBoot"})
	}
	if v := p.Validation; v != nil && !v.SourceOnly {
		lost = append(lost, Loss{What: "the image is not validated in the same build", Path: "properties.validate",
			Why: "a Packer template makes one machine", Fix: "run the Packer template in " + ValidateDir + " after it"})
	}
	for _, d := range p.Destinations {
		if !o.Standalone {
			lost = append(lost, Loss{Path: d.Origin.Path, What: fmt.Sprintf("the image is not distributed as %q", d.RunOutputName),
				Why: "Packer ends with what the builder leaves"})
		}
	}
	for i := range lost {
		lost[i].Around = true
	}
	return lost
}

func writeLost(b *strings.Builder, lost []Loss) {
	b.WriteString("\n## What `packer build` does not do\n\nThe image template asks for more than a plain `packer build` does:\n\n")
	for _, l := range lost {
		fmt.Fprintf(b, "- %s", prose(l.What))
		if l.Path != "" {
			fmt.Fprintf(b, " (%s)", code(l.Path))
		}
		if l.Why != "" {
			fmt.Fprintf(b, ": %s", prose(l.Why))
		}
		if l.Fix != "" {
			fmt.Fprintf(b, "; instead: %s", prose(l.Fix))
		}
		b.WriteString("\n")
	}
}

// sourceText names the source of a plan.
func sourceText(p *plan.Plan) string {
	switch s := p.Source; {
	case s.PlatformImage != nil:
		return "the marketplace image " + code(s.PlatformImage.URN())
	case s.ManagedImage != nil:
		return "the managed image " + code(s.ManagedImage.ID)
	case s.SharedImage != nil:
		return "the gallery image " + code(s.SharedImage.ID)
	default:
		return "not named"
	}
}

// prose makes a text mean in Markdown what it says.
func prose(s string) string { return markdown.Replace(oneLine(s)) }

var markdown = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "](", "]\\(", "<", "\\<", ">", "\\>")

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// code makes a Markdown code span of any text: on one line, between more backticks than are in it.
func code(s string) string {
	s = oneLine(s)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.TrimSpace(s) == "" {
		s = " " + s + " "
	}
	return fence + s + fence
}
