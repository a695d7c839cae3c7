package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// print shows the table, the kills and interrupts, and then what is red, with the reason.
func (p *prover) print(out io.Writer) {
	if len(p.cells) > 0 {
		p.printTable(out)
	}
	if len(p.cuts) > 0 {
		p.printCuts(out)
	}
	red := 0
	for _, c := range p.cells {
		for i, why := range c.Wrong {
			if i == 0 {
				red++
				fmt.Fprintf(out, "\n%s x %s\n", c.Call, c.Fault)
			}
			fmt.Fprintf(out, "    %.600s\n", why)
		}
	}
	for _, c := range p.cuts {
		for i, why := range c.Wrong {
			if i == 0 {
				red++
				fmt.Fprintf(out, "\n%s %s\n", c.What, c.When)
			}
			fmt.Fprintf(out, "    %.600s\n", why)
		}
	}
	fmt.Fprintf(out, "\n%d builds with faults, %d kills and interrupts: %d red\n", len(p.cells), len(p.cuts), red)
}

// printTable has a row for each call and a column for each fault. A number is the exit code of the build.
func (p *prover) printTable(out io.Writer) {
	at := map[string]*cell{}
	for i := range p.cells {
		c := &p.cells[i]
		at[c.Call+"\x00"+c.Fault] = c
	}
	width := 0
	for _, call := range p.healthy.names {
		width = max(width, len(call))
	}
	fmt.Fprintf(out, "\n%-*s", width, "exit codes; -: no such fault")
	for _, col := range columns {
		fmt.Fprintf(out, "  %7s", col.name)
	}
	fmt.Fprintln(out)
	for _, call := range p.healthy.names {
		var row strings.Builder
		any := false
		for _, col := range columns {
			c := at[call+"\x00"+col.name]
			any = any || c != nil
			row.WriteString("  " + p.paint(c))
		}
		if any {
			fmt.Fprintf(out, "%-*s%s\n", width, call, row.String())
		}
	}
}

// paint is a cell, seven wide.
func (p *prover) paint(c *cell) string {
	if c == nil {
		return fmt.Sprintf("%7s", "-")
	}
	text, colour := fmt.Sprintf("%7d", c.ExitCode), "32"
	if !c.green() {
		text, colour = fmt.Sprintf("%7s", fmt.Sprintf("RED %d", c.ExitCode)), "31;1"
	}
	if !p.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (p *prover) printCuts(out io.Writer) {
	fmt.Fprintln(out)
	for _, c := range p.cuts {
		verdict := "nothing is left"
		if len(c.Wrong) > 0 {
			verdict = "RED"
		}
		fmt.Fprintf(out, "%-22s %-26s exit code %3d, %2d things removed or kept: %s (%s)\n", c.What, c.When, c.ExitCode, len(c.Made), verdict,
			c.Took.Round(time.Second/10))
	}
}
