package build

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/translate/plan"
)

// Attend is somebody at a terminal, who decides what becomes of a step that failed. Its functions are called one at a time.
type Attend struct {
	// Ask puts a question and gives the line that was typed.
	Ask func(ctx context.Context, question string) (string, error)
	// Shell connects the terminal to the VM until the person leaves it. An error says why that could not be.
	Shell func(ctx context.Context, way packercore.Way) error
	// ShellFirst opens a shell before the first question about each failure.
	ShellFirst bool
}

// The answers, each with the letter it begins with.
const (
	answerRetry   = "[r]etry the step"
	answerGoOn    = "[g]o on without it"
	answerShell   = "[s]hell in the VM"
	answerKeep    = "[k]eep the VM and end"
	answerCleanUp = "[c]lean up and end"
)

// attended asks about the failures of a VM; nil: nobody is there.
func (s *state) attended(m machine) func(context.Context, *packercore.ProvisionError, packercore.Way) packercore.Verdict {
	if s.Attend == nil {
		return nil
	}
	return func(ctx context.Context, failed *packercore.ProvisionError, way packercore.Way) packercore.Verdict {
		if failed.Index >= len(m.steps) {
			return packercore.EndBuild
		}
		st := m.steps[failed.Index]
		v, err := s.decide(ctx, st, failed, way)
		if err != nil { // nobody answers any more: what the plan says is done
			s.unwanted = true
			s.remark(st, fmt.Sprintf("nobody could be asked, so all is cleaned up: %v", err))
			return packercore.EndBuild
		}
		return v
	}
}

// decide asks until the answer is a decision.
func (s *state) decide(
	ctx context.Context, st plan.Step, failed *packercore.ProvisionError, way packercore.Way,
) (packercore.Verdict, error) {
	if s.Attend.ShellFirst {
		s.shell(ctx, st, way)
	}
	for {
		line, err := s.Attend.Ask(ctx, question(st, failed))
		if err != nil {
			return packercore.EndBuild, err
		}
		answer := chosen(line, answers(st))
		if answer != answerShell && answer != "" {
			s.remark(st, "decided: "+strings.NewReplacer("[", "", "]", "").Replace(answer))
		}
		switch answer {
		case answerRetry:
			return packercore.TryAgain, nil
		case answerGoOn:
			return packercore.GoOn, nil
		case answerShell:
			s.shell(ctx, st, way)
		case answerKeep:
			s.unwanted = false
			return packercore.EndBuild, nil
		case answerCleanUp:
			s.unwanted = true
			return packercore.EndBuild, nil
		}
	}
}

// question words it. The step's output was shown before.
func question(st plan.Step, failed *packercore.ProvisionError) string {
	how := "failed"
	if failed.ExitCode >= 0 {
		how = fmt.Sprintf("exited with %d", failed.ExitCode)
	}
	return fmt.Sprintf("%s %s: %s?", st.Title(), how, strings.Join(answers(st), ", "))
}

// answers are those that make sense: an image that is not generalized, or not validated, must not be taken for one that is.
func answers(st plan.Step) []string {
	list := []string{answerRetry, answerGoOn, answerShell, answerKeep, answerCleanUp}
	if st.Hidden || OfValidation(st.ID) {
		list = append(list[:1], list[2:]...)
	}
	return list
}

// chosen finds the answer that a line begins; "" is none.
func chosen(line string, from []string) string {
	line = strings.ToLower(strings.TrimSpace(line))
	for _, answer := range from {
		if words := strings.NewReplacer("[", "", "]", "").Replace(answer); line != "" && strings.HasPrefix(words, line) {
			return answer
		}
	}
	return ""
}

// shell lets the person into the VM. What goes wrong with that is said, and the question comes again.
func (s *state) shell(ctx context.Context, st plan.Step, way packercore.Way) {
	address := net.JoinHostPort(way.Host, strconv.Itoa(way.Port))
	switch {
	case way.Host == "":
		s.remark(st, "no shell: the builder does not tell how the VM is reached")
	case way.Communicator == "winrm":
		s.remark(st, fmt.Sprintf("no shell: WinRM has no terminal. Keep the VM, and connect to %s as %s "+
			"with Enter-PSSession, or by remote desktop", address, way.User))
	default:
		s.remark(st, fmt.Sprintf("a shell in the VM at %s as %s; the build waits until you leave it with: exit", address, way.User))
		s.spoil("somebody was in the build VM")
		if err := s.Attend.Shell(ctx, way); err != nil {
			s.remark(st, "the shell ended: "+err.Error())
		}
	}
}

// remark says something in a step.
func (s *state) remark(st plan.Step, text string) {
	s.emit(events.Event{Step: st.ID, Output: &events.Output{Stream: events.Say, Text: text}})
}
