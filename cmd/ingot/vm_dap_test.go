package main_test

import (
	"bufio"
	"bytes"
	stdcmp "cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-dap"
)

// dapPage has the image template of the session, and shows how it goes.
const dapPage = "../../docs/dap.md"

// editor is one that debugs with the real program. What it asks and is told goes into log, condensed.
type editor struct {
	t     *testing.T
	dir   string
	in    io.WriteCloser
	got   chan dap.Message
	cmd   *exec.Cmd
	seq   int
	later []dap.Message
	log   bytes.Buffer
}

func newEditor(t *testing.T, h *home, dir string) *editor {
	t.Helper()
	e := &editor{t: t, dir: dir, got: make(chan dap.Message, 1<<16)}
	e.cmd = exec.Command(h.bin, "dap", "--log", filepath.Join(h.root, "dap.log"))
	e.cmd.Dir, e.cmd.Env = h.root, append(h.env, "INGOT_LAYERS=on")
	e.cmd.Stderr = os.Stderr
	var err error
	if e.in, err = e.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(e.got)
		buf := bufio.NewReader(out)
		for {
			m, err := dap.ReadProtocolMessage(buf)
			if err != nil {
				return
			}
			e.got <- m
		}
	}()
	t.Cleanup(func() {
		if e.cmd.ProcessState == nil { // it failed on the way: the program cleans up before it ends
			_ = e.cmd.Process.Signal(syscall.SIGTERM)
			_ = e.cmd.Wait()
		}
	})
	return e
}

// next gives the next message, and notes events that a person would see.
func (e *editor) next() dap.Message {
	e.t.Helper()
	select {
	case m, ok := <-e.got:
		if !ok {
			e.t.Fatalf("the adapter says no more; so far:\n%s", e.log.String())
		}
		e.note(m)
		return m
	case <-time.After(runBudget):
		e.t.Fatalf("the adapter says nothing; so far:\n%s", e.log.String())
	}
	return nil
}

// note logs what a person would see of an event.
func (e *editor) note(m dap.Message) {
	switch m := m.(type) {
	case *dap.OutputEvent:
		text := strings.TrimRight(m.Body.Output, "\n")
		// What customizers complain about is part of the story; what is done before and after them is not.
		if m.Body.Category == "stderr" && m.Body.Source != nil || m.Body.Category == "important" ||
			strings.Contains(text, "edited") || strings.HasPrefix(text, "VHD") {
			e.say("<", "output    %s", text)
		}
	case *dap.StoppedEvent:
		text := m.Body.Reason
		if m.Body.Text != "" {
			text += ": " + m.Body.Text
		}
		e.say("<", "stopped   %s", text)
	case *dap.ExitedEvent:
		e.say("<", "exited    exitCode %d", m.Body.ExitCode)
	}
}

// volatile are numbers and paths that differ each time.
var volatile = []struct {
	find *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`(VHD "site": )\S+`), "${1}….vhd"},
}

func (e *editor) say(who, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, v := range volatile {
		text = v.find.ReplaceAllString(text, v.with)
	}
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(&e.log, "%s %s\n", who, strings.TrimRight(line, " "))
		who = " "
	}
}

// request sends a request, which is logged unless its words are "".
func (e *editor) request(command string, arguments any, words string) int {
	e.t.Helper()
	e.seq++
	m := map[string]any{"seq": e.seq, "type": "request", "command": command}
	if arguments != nil {
		m["arguments"] = arguments
	}
	text, err := json.Marshal(m)
	if err != nil {
		e.t.Fatal(err)
	}
	if words != "" {
		e.say(">", "%s", words)
	}
	if err := dap.WriteBaseMessage(e.in, text); err != nil {
		e.t.Fatal(err)
	}
	return e.seq
}

// answer sends a request and gives its answer.
func answer[R dap.Message](e *editor, command string, arguments any, words string) R {
	e.t.Helper()
	seq := e.request(command, arguments, words)
	for {
		m := e.next()
		if a, is := m.(dap.ResponseMessage); is && a.GetResponse().RequestSeq == seq {
			if got, ok := m.(R); ok {
				return got
			}
			text, _ := json.Marshal(m)
			e.t.Fatalf("%s was answered with %s; so far:\n%s", command, text, e.log.String())
		}
		e.later = append(e.later, m)
	}
}

// wait gives the next event of a kind.
func wait[E dap.Message](e *editor) E {
	e.t.Helper()
	for len(e.later) > 0 {
		m := e.later[0]
		e.later = e.later[1:]
		if got, is := m.(E); is {
			return got
		}
	}
	for {
		if got, is := e.next().(E); is {
			return got
		}
	}
}

// stand waits for the build VM to stand, and logs the call stack.
func (e *editor) stand() []dap.StackFrame {
	e.t.Helper()
	wait[*dap.StoppedEvent](e)
	frames := answer[*dap.StackTraceResponse](e, "stackTrace", map[string]any{"threadId": 1}, "").Body.StackFrames
	for _, f := range frames {
		e.say(" ", "          %-38s %s:%d", f.Name, f.Source.Name, f.Line)
	}
	return frames
}

// console runs a command in the debug console.
func (e *editor) console(command string) {
	e.t.Helper()
	from := len(e.later)
	got := answer[*dap.EvaluateResponse](e, "evaluate", map[string]any{"expression": command, "context": "repl"}, "evaluate  "+command)
	for _, m := range e.later[from:] {
		if o, is := m.(*dap.OutputEvent); is && o.Body.Category == "stdout" {
			e.say("<", "output    %s", strings.TrimRight(o.Body.Output, "\n"))
		}
	}
	e.say("<", "          %s", got.Body.Result)
}

// terminal opens one in the build VM, as an editor does that is asked to, and runs a command there.
func (e *editor) terminal(command string) {
	e.t.Helper()
	seq := e.request("evaluate", map[string]any{"expression": "!shell", "context": "repl"}, "evaluate  !shell")
	asked := wait[*dap.RunInTerminalRequest](e)
	args := asked.Arguments.Args
	e.say("<", "runInTerminal  ingot %s RUN", strings.Join(args[1:len(args)-1], " "))
	reply := &dap.RunInTerminalResponse{}
	reply.Type, reply.Command, reply.RequestSeq, reply.Success = "response", "runInTerminal", asked.Seq, true
	if err := dap.WriteProtocolMessage(e.in, reply); err != nil {
		e.t.Fatal(err)
	}
	for {
		if a, is := e.next().(*dap.EvaluateResponse); is && a.RequestSeq == seq {
			break
		}
	}
	shell := exec.Command(args[0], append(args[1:], "--", "sh", "-c", command)...)
	shell.Env = e.cmd.Env
	out, err := shell.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "site" {
		e.t.Errorf("%s printed %s: %v", shell, out, err)
	}
}

// breakpoint sets one on each line that holds a text.
func (e *editor) breakpoint(file string, texts ...string) {
	e.t.Helper()
	list := []any{}
	for _, text := range texts {
		list = append(list, map[string]any{"line": e.line(file, text)})
	}
	words := fmt.Sprintf("setBreakpoints  %s: the lines with %s", filepath.Base(file), strings.Join(texts, ", "))
	for _, b := range answer[*dap.SetBreakpointsResponse](e, "setBreakpoints",
		map[string]any{"source": map[string]any{"path": file}, "breakpoints": list}, words).Body.Breakpoints {
		e.say("<", "          line %d, verified %v", b.Line, b.Verified)
	}
}

func (e *editor) line(file, text string) int {
	e.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		e.t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(data), text)
	if !ok {
		e.t.Fatalf("%s has no %q", file, text)
	}
	return strings.Count(before, "\n") + 1
}

// edit replaces a text of a file, and saves.
func (e *editor) edit(file, old, text string) {
	e.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		e.t.Fatal(err)
	}
	e.say(">", "(the file is saved with %s in place of %s)", text, old)
	if err := os.WriteFile(file, []byte(strings.Replace(string(data), old, text, 1)), 0o600); err != nil {
		e.t.Fatal(err)
	}
	for !strings.Contains(wait[*dap.OutputEvent](e).Body.Output, "was edited") {
	}
}

// dapExample writes the files of the page into a folder of their own, and gives that of the image template.
func dapExample(t *testing.T, h *home) (file, page string) {
	t.Helper()
	text, err := os.ReadFile(dapPage)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(h.root, "site")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)<!-- file: (\\S+) -->\n```\\w+\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		if err := os.WriteFile(filepath.Join(dir, m[1]), []byte(m[2]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "site.json"), string(text)
}

// A bug that shows at the fourth of five customizers and is in the second one is found and mended, as the page shows it.
func TestDebugAdapter(t *testing.T) {
	h := newTinyHome(t).fast()
	file, page := dapExample(t, h)
	e := newEditor(t, h, filepath.Dir(file))
	hello := answer[*dap.InitializeResponse](e, "initialize", map[string]any{
		"adapterID": "ingot", "linesStartAt1": true, "columnsStartAt1": true, "supportsRunInTerminalRequest": true,
	}, "initialize")
	if !hello.Body.SupportsRestartFrame || !hello.Body.SupportsStepBack {
		t.Errorf("the capabilities are %+v", hello.Body)
	}
	answer[*dap.LaunchResponse](e, "launch", map[string]any{"template": file, "memory": 256, "on": stdcmp.Or(h.on, "local")}, "launch    template site.json, memory 256")
	wait[*dap.InitializedEvent](e)
	e.breakpoint(file, `"name": "settings"`, `"name": "check"`)
	answer[*dap.ConfigurationDoneResponse](e, "configurationDone", nil, "configurationDone")
	e.stand()
	e.variables()

	answer[*dap.ContinueResponse](e, "continue", map[string]any{"threadId": 1}, "continue")
	e.stand()
	info := answer[*dap.ExceptionInfoResponse](e, "exceptionInfo", map[string]any{"threadId": 1}, "exceptionInfo").Body
	e.say("<", "          %s: %s", info.ExceptionId, strings.TrimSpace(info.Description))
	e.console("cat /etc/site.d/root.conf; ls /srv")

	e.terminal("ls /srv")
	e.edit(file, "/srv/stie", "/srv/site")
	frames := answer[*dap.StackTraceResponse](e, "stackTrace", map[string]any{"threadId": 1}, "").Body.StackFrames
	at := -1
	for _, f := range frames {
		if strings.Contains(f.Name, "settings") {
			at = f.Id
		}
	}
	answer[*dap.RestartFrameResponse](e, "restartFrame", map[string]any{"frameId": at}, "restartFrame  customize[1] settings")
	e.stand()
	answer[*dap.ContinueResponse](e, "continue", map[string]any{"threadId": 1}, "continue")
	e.stand()
	answer[*dap.NextResponse](e, "next", map[string]any{"threadId": 1}, "next")
	e.stand()
	answer[*dap.ContinueResponse](e, "continue", map[string]any{"threadId": 1}, "continue")
	if code := wait[*dap.ExitedEvent](e).Body.ExitCode; code != 0 {
		t.Errorf("the exit code is %d; so far:\n%s", code, e.log.String())
	}
	answer[*dap.DisconnectResponse](e, "disconnect", map[string]any{}, "disconnect")
	if err := e.cmd.Wait(); err != nil {
		t.Errorf("ingot dap ended with: %v", err)
	}
	shown := regexp.MustCompile("(?s)```transcript\n.*?```")
	made := shown.ReplaceAllLiteralString(page, "```transcript\n"+e.log.String()+"```")
	if os.Getenv("INGOT_UPDATE_SCRIPTS") != "" {
		if err := os.WriteFile(dapPage, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(page, made); diff != "" {
		t.Errorf("docs/dap.md shows what is no longer so (INGOT_UPDATE_SCRIPTS=1 go test ./cmd/ingot -run DebugAdapter, and read it):\n%s", diff)
	}
}

// variables opens the scopes of the top frame, and looks for what has to be there.
func (e *editor) variables() {
	e.t.Helper()
	frames := answer[*dap.StackTraceResponse](e, "stackTrace", map[string]any{"threadId": 1}, "").Body.StackFrames
	scopes := answer[*dap.ScopesResponse](e, "scopes", map[string]any{"frameId": frames[0].Id}, "scopes, variables").Body.Scopes
	wanted := map[string]map[string]string{
		"Step":        {"name": "settings", "type": "Shell", "state": "pending"},
		"Environment": {"USER": "packer", "HOME": "/home/packer"},
		"Machine":     {"user": "packer", "kernel": "Linux "},
	}
	for _, s := range scopes {
		found := map[string]string{}
		inside := map[string]any{"variablesReference": s.VariablesReference}
		for _, v := range answer[*dap.VariablesResponse](e, "variables", inside, "").Body.Variables {
			found[v.Name] = v.Value
		}
		for name, value := range wanted[s.Name] {
			if !strings.HasPrefix(found[name], value) {
				e.t.Errorf("%s: %s is %q, want %q; there are %v", s.Name, name, found[name], value, found)
			}
		}
		switch s.Name {
		case "Step":
			e.say("<", "Step      name settings, type Shell, script %s, state %s", found["script"], found["state"])
		case "Environment":
			e.say("<", "Environment  HOME=%s, USER=%s", found["HOME"], found["USER"])
		case "Machine":
			e.say("<", "Machine   user %s, communicator %s", found["user"], found["communicator"])
		}
	}
}
