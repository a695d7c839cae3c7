package dap

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-dap"
)

// Whatever comes, the answer is an error, and the next request is carried out.
func TestRefusals(t *testing.T) {
	r := newRig(t)
	if got := r.refused("launch", map[string]any{}); got != `"launch" came before initialize` {
		t.Error(got)
	}
	if got := r.refused("initialize", map[string]any{"adapterID": "x", "pathFormat": "uri"}); !strings.Contains(got, `only "path"`) {
		t.Error(got)
	}
	reply[*dap.InitializeResponse](r, "initialize", map[string]any{"adapterID": "x"})
	for _, tt := range []struct {
		command   string
		arguments any
		want      string
	}{
		{"initialize", map[string]any{"adapterID": "x"}, "too late"},
		{"continue", map[string]any{"threadId": 1}, `"continue" came before configurationDone`},
		{"nonsense", nil, `no request "nonsense"`},
		{"setVariable", map[string]any{"name": "x"}, `no request "setVariable"`},
		{"setBreakpoints", []int{1}, "not as the protocol has them"},
		{"attach", map[string]any{}, "cannot be attached to"},
		{"launch", []int{1}, "read the launch configuration"},
		{"launch", map[string]any{}, "names no image template"},
		{"launch", map[string]any{"template": 5}, `"template" cannot be of the kind number`},
		{"launch", map[string]any{"template": r.file, "on": "azure"}, "rewinding needs layers"},
		{"launch", map[string]any{"template": filepath.Join(t.TempDir(), "none.json")}, "no such file"},
	} {
		if got := r.refused(tt.command, tt.arguments); !strings.Contains(got, tt.want) {
			t.Errorf("%s %v was refused with %q, want %q", tt.command, tt.arguments, got, tt.want)
		}
	}
	reply[*dap.LaunchResponse](r, "launch", map[string]any{"template": r.file, "memroy": 512, "__sessionId": "1"})
	if out := event[*dap.OutputEvent](r).Body.Output; out != `the launch configuration has "memroy", which is unknown and has no effect; did you mean "memory"?`+"\n" {
		t.Errorf("the output is %q", out)
	}
}

// A template with errors is not launched, and each of them is shown where it is.
func TestFindings(t *testing.T) {
	r := newRig(t)
	r.write("web.json", strings.Replace(template, `"inline"`, `"inlnie"`, 1))
	reply[*dap.InitializeResponse](r, "initialize", map[string]any{"adapterID": "x"})
	if got := r.refused("launch", map[string]any{"template": r.file}); !strings.Contains(got, "web.json:8") {
		t.Error(got)
	}
	for {
		out := event[*dap.OutputEvent](r).Body
		if out.Category == "important" {
			if out.Line != 8 || out.Source.Path != r.file {
				t.Errorf("%q is at %d of %v", out.Output, out.Line, out.Source)
			}
			return
		}
	}
}

func TestBreakpointPlaces(t *testing.T) {
	r := newRig(t)
	r.start(map[string]any{"stopOnEntry": true})
	r.stopped()
	script := filepath.Join(filepath.Dir(r.file), "three.sh")
	for _, tt := range []struct {
		name string
		file string
		line int
		want dap.Breakpoint // without Id and EndLine
	}{
		{"on it", r.file, 9, dap.Breakpoint{Verified: true, Line: 9}},
		{"above all", r.file, 1, dap.Breakpoint{Verified: true, Line: 8}},
		{"below all", r.file, 12, dap.Breakpoint{Line: 12, Message: "no customizer is here or below; what comes after the last one cannot be stepped through"}},
		{"in a script", script, 1, dap.Breakpoint{Verified: true, Line: 10,
			Message: "a script is one step: the build VM stops before it, at customize[2] three"}},
		{"elsewhere", filepath.Join(t.TempDir(), "x.sh"), 1, dap.Breakpoint{Line: 1,
			Message: "no customizer of the image template is in x.sh, and none runs it"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r.T = t
			got := r.breakpoints(tt.file, tt.line).Body.Breakpoints[0]
			if got.Verified {
				if got.Source.Path != r.file {
					t.Errorf("it is in %s", got.Source.Path)
				}
			}
			got.Id, got.EndLine, got.Source = 0, 0, nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	r.T = t
	got := reply[*dap.SetBreakpointsResponse](r, "setBreakpoints", map[string]any{
		"source": map[string]any{"path": r.file}, "breakpoints": []any{map[string]any{"line": 9, "condition": "x"}},
	}).Body.Breakpoints[0]
	if got.Verified || !strings.Contains(got.Message, "no condition") {
		t.Errorf("a conditional breakpoint is %+v", got)
	}
	if text := r.refused("setBreakpoints", map[string]any{"source": map[string]any{"path": "web.json"}}); !strings.Contains(text, "absolute path") {
		t.Error(text)
	}
	many := make([]any, maxBreakpoints+1)
	for i := range many {
		many[i] = map[string]any{"line": i}
	}
	if text := r.refused("setBreakpoints", map[string]any{"source": map[string]any{"path": r.file}, "breakpoints": many}); !strings.Contains(text, "1003") {
		t.Error(text)
	}
	locations := reply[*dap.BreakpointLocationsResponse](r, "breakpointLocations",
		map[string]any{"source": map[string]any{"path": r.file}, "line": 1, "endLine": 9}).Body.Breakpoints
	if len(locations) != 2 || locations[0].Line != 8 || locations[1].Line != 9 {
		t.Errorf("the locations are %+v", locations)
	}
	sources := reply[*dap.LoadedSourcesResponse](r, "loadedSources", nil).Body.Sources
	if len(sources) != 2 || sources[0].Path != r.file || sources[1].Path != script {
		t.Errorf("the sources are %+v", sources)
	}
}

// An editor that counts lines from 0 is told so, too.
func TestLinesFromZero(t *testing.T) {
	r := newRig(t)
	reply[*dap.InitializeResponse](r, "initialize", map[string]any{"adapterID": "x", "linesStartAt1": false, "columnsStartAt1": false})
	reply[*dap.LaunchResponse](r, "launch", map[string]any{"template": r.file})
	if b := r.breakpoints(r.file, 8).Body.Breakpoints[0]; b.Line != 8 || !b.Verified {
		t.Errorf("the breakpoint is %+v", b)
	}
	reply[*dap.ConfigurationDoneResponse](r, "configurationDone", nil)
	if got, want := r.stopped(), "breakpoint: customize[1] two:8, customize[0] one (done):7"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStepVariables(t *testing.T) {
	r := newRig(t)
	r.write("web.json", strings.Replace(template, "echo one", "echo hunter2", 1))
	r.start(nil, 9)
	r.stopped()
	scopes := reply[*dap.ScopesResponse](r, "scopes", map[string]any{"frameId": 2}).Body.Scopes
	if len(scopes) != 1 || scopes[0].Name != "Step" {
		t.Fatalf("the scopes of a step that is done are %+v", scopes)
	}
	got, script := r.variables(scopes[0].VariablesReference)
	if diff := cmp.Diff([]string{
		"id = customize[0]", "name = one", "path = properties.customize[0]", "type = Shell", "script = 2 lines", "state = done", "took = 1s", "reused = false",
	}, got); diff != "" {
		t.Error(diff)
	}
	if got, _ = r.variables(script); !cmp.Equal(got, []string{"1 = #!/bin/sh -e", "2 = echo ***"}) {
		t.Errorf("the script is %q", got)
	}
	if scopes = reply[*dap.ScopesResponse](r, "scopes", map[string]any{"frameId": 3}).Body.Scopes; len(scopes) != 3 {
		t.Errorf("the scopes of the step that comes are %+v", scopes)
	}
	for _, ref := range []int{-1, 0, 4, 5, 12, 1 << 40} {
		if text := r.refused("variables", map[string]any{"variablesReference": ref}); !strings.Contains(text, "no variables") {
			t.Errorf("%d was refused with %q", ref, text)
		}
	}
	for _, frame := range []int{-1, 0, 99} {
		if text := r.refused("scopes", map[string]any{"frameId": frame}); !strings.Contains(text, "no frame") {
			t.Errorf("%d was refused with %q", frame, text)
		}
	}
}

// variables gives the variables of a reference, and the last reference among them.
func (r *rig) variables(reference int) (list []string, inner int) {
	r.Helper()
	for _, v := range reply[*dap.VariablesResponse](r, "variables", map[string]any{"variablesReference": reference}).Body.Variables {
		list = append(list, v.Name+" = "+v.Value)
		inner = max(inner, v.VariablesReference)
	}
	return list, inner
}

// A message that is none, or is far too long, ends the conversation and nothing else.
func TestNoMessages(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"no header":     {"hello\r\n\r\n", "header format"},
		"no line end":   {strings.Repeat("x", maxMessage+1), "longer than"},
		"too long":      {"Content-Length: 99999999\r\n\r\n", "content length over"},
		"cut off":       {"Content-Length: 100\r\n\r\n{}", ErrNoDisconnect.Error()},
		"nothing":       {"", ErrNoDisconnect.Error()},
		"no JSON":       {"Content-Length: 2\r\n\r\n{]", ErrNoDisconnect.Error()},
		"a lone answer": {"Content-Length: 62\r\n\r\n" + `{"seq":1,"type":"response","request_seq":7,"command":"x"     }`, ErrNoDisconnect.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			err := Serve(t.Context(), strings.NewReader(tt.in), io.Discard, Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// Any bytes may come: there is no panic, the session ends with them, and each answer is a message of the protocol.
func FuzzServe(f *testing.F) {
	frame := func(list ...string) []byte {
		var b bytes.Buffer
		for _, m := range list {
			_ = dap.WriteBaseMessage(&b, []byte(m))
		}
		return b.Bytes()
	}
	hello := `{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"x"}}`
	launch := `{"seq":2,"type":"request","command":"launch","arguments":{"template":"web.json"}}`
	begin := `{"seq":3,"type":"request","command":"configurationDone"}`
	f.Add(frame(hello))
	f.Add(frame(hello, launch, begin, `{"seq":4,"type":"request","command":"disconnect"}`))
	f.Add(frame(hello, launch, begin, `{"seq":4,"type":"request","command":"stackTrace","arguments":{"threadId":1}}`))
	f.Add(frame(hello, launch, `{"seq":4,"type":"request","command":"setBreakpoints","arguments":{"source":{"path":"/x"},"breakpoints":[{"line":-5}]}}`))
	f.Add(frame(hello, launch, begin, `{"seq":4,"type":"request","command":"variables","arguments":{"variablesReference":9223372036854775807}}`))
	f.Add(frame(hello, launch, begin, `{"seq":4,"type":"request","command":"breakpointLocations"}`, `{"seq":5,"type":"request","command":"cancel"}`))
	f.Add(frame(hello, launch, begin, `{"seq":4,"type":"request","command":"evaluate","arguments":{"expression":"!shell"}}`))
	f.Add([]byte("Content-Length: 5\r\n\r\nhello"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := &rig{T: t, file: filepath.Join(t.TempDir(), "web.json"), bench: &steps{}}
		r.write("web.json", template)
		r.write("three.sh", "true\n")
		launch := func(ctx context.Context, l Launch, w Watch) (*Target, error) {
			l.Template = r.file
			return r.launch(ctx, l, w)
		}
		var out bytes.Buffer
		_ = Serve(t.Context(), bytes.NewReader(in), &out, Options{Launch: launch, ExitCode: func(error) int { return 1 }})
		buf, known := bufio.NewReader(&out), codec()
		for {
			content, err := dap.ReadBaseMessage(buf)
			if err != nil {
				if err != io.EOF {
					t.Fatalf("what was sent ends with: %v", err)
				}
				return
			}
			if _, err := known.DecodeMessage(content); err != nil {
				var unknown *dap.DecodeProtocolMessageFieldError
				t.Fatalf("%s: %v %v", content, err, unknown)
			}
		}
	})
}
