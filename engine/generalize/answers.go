package generalize

import "strings"

// answers are what a machine said: facts by name, and the lines of its files by path.
type answers struct {
	facts map[string]string
	files map[string][]string // without line ends
}

// parse reads what the questions print: lines "name=value", and then files, each behind a line "==> path <==" as tail has it.
func parse(list []string) answers {
	a := answers{facts: map[string]string{}, files: map[string][]string{}}
	for _, text := range list {
		file := ""
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\r\n\x00 ")
			if head, ok := strings.CutPrefix(line, "==> "); ok {
				if path, ok := strings.CutSuffix(head, " <=="); ok {
					file = path
					continue
				}
			}
			if file != "" {
				a.files[file] = append(a.files[file], line)
				continue
			}
			if name, value, ok := strings.Cut(line, "="); ok && a.facts[name] == "" {
				a.facts[name] = strings.TrimSpace(value)
			}
		}
	}
	return a
}

// setupLog gives the lines of a log in one of Windows' two folders for them.
func (a answers) setupLog(folder, name string) []string {
	for path, lines := range a.files {
		path = strings.ToLower(path)
		if strings.HasSuffix(path, strings.ToLower(folder+`\`+name)) &&
			(folder == sysprepPanther || !strings.HasSuffix(path, strings.ToLower(sysprepPanther+`\`+name))) {
			return lines
		}
	}
	return nil
}
