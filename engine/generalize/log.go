package generalize

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

// level is how bad a line of a log is.
type level int

const (
	info level = iota
	warning
	bad
)

// logLine is one line of a log, without what each of them begins with.
type logLine struct {
	time  string // as the log has it; sorts by time
	level level
	text  string // with the part of the system that wrote it
	file  string // name of the log, for people
}

// String is the line as it is shown.
func (l logLine) String() string { return l.file + ": " + l.text }

var (
	// 2024-05-14 10:12:31, Error                 SYSPRP ...
	setupLine = regexp.MustCompile(`^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d), ([A-Za-z]+)\s+(.*)$`)
	// 2024-05-14T10:12:31.123456Z ERROR Daemon ..., and 2024/05/14 10:12:31.123456 ERROR ...
	agentLine = regexp.MustCompile(`^(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d\S*) ([A-Z]+) (.*)$`)
	// What setup writes behind a line's time and level, and differs from run to run: [0x0f0082]
	setupCode = regexp.MustCompile(`^\[0x[0-9a-f]+\]\s*`)
)

// newRun is what Sysprep writes when it starts. What is before it in a log is about an earlier run.
const newRun = "Beginning of a new sysprep run"

// readLog reads the lines of a log. What does not begin as the others do goes on with the line before it.
func readLog(file string, lines []string, form *regexp.Regexp) []logLine {
	var list []logLine
	for _, line := range lines {
		if line == "" {
			continue
		}
		m := form.FindStringSubmatch(strings.TrimPrefix(line, "\ufeff"))
		if m == nil {
			if n := len(list); n > 0 && len(list[n-1].text) < maxLine {
				list[n-1].text += " " + strings.TrimSpace(line)
			}
			continue
		}
		l := logLine{time: m[1], text: strings.TrimSpace(setupCode.ReplaceAllString(m[3], "")), file: file}
		switch strings.ToLower(m[2]) {
		case "error", "fatal":
			l.level = bad
		case "warning", "warn":
			l.level = warning
		}
		list = append(list, l)
	}
	return list
}

// longestRun is how old a line may be that is of the same run as the last one, where the run's first line was not read. A source
// image was generalized as well, and may have its logs of that.
const longestRun = 3 * time.Hour

// setupTime is how setup writes a time, in the machine's own zone.
const setupTime = "2006-01-02 15:04:05"

// ofLastRun leaves out what the logs have from before Sysprep was started the last time.
func ofLastRun(lines []logLine) []logLine {
	since, last := "", ""
	for _, l := range lines {
		last = max(last, l.time)
		if strings.Contains(l.text, newRun) {
			since = max(since, l.time)
		}
	}
	if at, err := time.Parse(setupTime, last); err == nil && since == "" {
		since = at.Add(-longestRun).Format(setupTime)
	}
	return slices.DeleteFunc(lines, func(l logLine) bool { return l.time < since })
}

// worst gives the last lines of the worst kind there is, each text once, in the order of their times. What was shown already,
// of whichever log, is left out.
func worst(lines []logLine, least level, shown []events.Finding) []string {
	known := func(l logLine) bool {
		return slices.ContainsFunc(shown, func(f events.Finding) bool {
			return slices.ContainsFunc(f.Lines, func(line string) bool {
				_, text, ok := strings.Cut(line, ": ")
				return ok && text != "" && strings.HasPrefix(l.text, strings.TrimSuffix(text, cut))
			})
		})
	}
	slices.SortStableFunc(lines, func(a, b logLine) int { return strings.Compare(a.time, b.time) })
	for of := bad; of >= least; of-- {
		seen := map[string]bool{}
		var out []string
		for _, l := range slices.Backward(lines) {
			if l.level != of || seen[l.text] || l.text == "" || len(out) == maxLines {
				continue
			}
			seen[l.text] = true
			if !known(l) {
				out = append(out, clip(l.String()))
			}
		}
		if len(seen) > 0 {
			slices.Reverse(out)
			return out
		}
	}
	return nil
}
