package shell_test

import (
	"testing"

	"github.com/ingot-build/ingot/translate/check/shell"
	"github.com/ingot-build/ingot/translate/script"
)

func TestForShellcheck(t *testing.T) {
	gap := inline("a\n\nb\n")
	gap.Gaps = []int{1}
	other := file("#!/bin/bash\necho\n")
	other.Encoding = script.Legacy
	for _, tt := range []struct {
		name    string
		script  *script.Script
		dialect string
	}{
		{"inline", inline("echo\n"), "dash"},
		{"bash", file("#!/usr/bin/env bash\necho\n"), "bash"},
		{"sh", file("#!/bin/sh -e\necho\n"), "dash"},
		{"no interpreter", file("echo\n"), "bash"},
		{"mksh", file("#!/bin/mksh\necho\n"), "ksh"},
		{"python", file("#!/usr/bin/python3\n"), ""},
		{"with a gap", gap, ""},
		{"another encoding", other, ""},
		{"a syntax error", inline("if x\n"), ""},
	} {
		text, dialect, ok := shell.ForShellcheck(tt.script)
		if dialect != tt.dialect || ok != (tt.dialect != "") || ok && text != tt.script.Text {
			t.Errorf("%s: %q, %q, %v", tt.name, text, dialect, ok)
		}
	}
}

func TestOffset(t *testing.T) {
	const text = "one\n\tä two\nlast"
	for _, tt := range []struct{ line, column, want int }{
		{1, 1, 0}, {1, 4, 3}, {1, 9, 3}, {2, 1, 4}, {2, 2, 5}, {2, 4, 8}, {3, 1, 12}, {3, 99, 16}, {9, 1, 16}, {0, 0, 0},
	} {
		if got := shell.Offset(text, tt.line, tt.column); got != tt.want {
			t.Errorf("%d:%d is at %d, and not at %d", tt.line, tt.column, got, tt.want)
		}
	}
}
