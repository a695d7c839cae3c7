// Package procmem tells how much memory a program holds, with all the processes that it started.
package procmem

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Of adds up what processes and all below them hold, in bytes: the proportional share of each, so that what several processes share
// counts once. Programs whose name begins with apart are not in the first sum, but in the second; "" is none. A process that has
// ended meanwhile holds nothing.
func Of(apart string, roots ...int) (sum, apartSum int64) {
	sums := By(func(name, _ string) string {
		if apart != "" && strings.HasPrefix(name, apart) {
			return apart
		}
		return ""
	}, roots...)
	if apart != "" {
		apartSum = sums[apart]
	}
	return sums[""], apartSum
}

// By does so for kinds of processes: kind tells that of one by its name, of which the kernel keeps 15 letters, and by the kind of the process
// that started it, which is "" for the roots.
func By(kind func(name, parent string) string, roots ...int) map[string]int64 {
	type process struct {
		pid    int
		parent string
	}
	sums := map[string]int64{}
	var todo []process
	for _, pid := range roots {
		todo = append(todo, process{pid, ""})
	}
	for ; len(todo) > 0; todo = todo[1:] {
		p := todo[0]
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", p.pid))
		k := kind(strings.TrimSpace(string(name)), p.parent)
		sums[k] += share(p.pid)
		for _, child := range children(p.pid) {
			todo = append(todo, process{child, k})
		}
	}
	return sums
}

// children are the processes that any thread of one started.
func children(pid int) []int {
	var list []int
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				list = append(list, child)
			}
		}
	}
	return list
}

// share is the proportional set size of a process, in bytes; 0 once it has ended.
func share(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "\nPss:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}
