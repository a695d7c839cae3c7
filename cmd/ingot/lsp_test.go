package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
)

// patience is how long a test waits for what should come at once.
const patience = time.Minute

type (
	lspPosition struct{ Line, Character int }
	lspRange    struct{ Start, End lspPosition }
	lspEdit     struct {
		Range   lspRange
		NewText string
	}
	lspDiagnostic struct {
		Range           lspRange
		Severity        int
		Code, Source    string
		CodeDescription struct{ Href string }
		Message         string

		RelatedInformation []struct {
			Location struct {
				URI   string
				Range lspRange
			}
			Message string
		}
	}
	lspPublished struct {
		URI         string
		Version     int
		Diagnostics []lspDiagnostic
	}
	lspItem struct {
		Label, Detail, FilterText string
		TextEdit                  lspEdit
	}
	lspAction struct {
		Title, Kind string
		Edit        struct{ Changes map[string][]lspEdit }
	}
)

// session is an editor that has started "ingot lsp".
type session struct {
	t         *testing.T
	cmd       *exec.Cmd
	client    *jrpc2.Client
	stdin     io.WriteCloser
	stderr    bytes.Buffer
	published chan lspPublished
	dir       string
}

func startLSP(t *testing.T, arg ...string) *session {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, published: make(chan lspPublished, 100), dir: t.TempDir()}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	s.cmd = exec.CommandContext(ctx, self)
	s.cmd.Args = append([]string{"ingot", "lsp"}, arg...)
	s.cmd.Dir = s.dir
	s.cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+s.dir)
	s.cmd.Stderr = &s.stderr
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.client = jrpc2.NewClient(channel.LSP(stdout, s.stdin), &jrpc2.ClientOptions{OnNotify: func(req *jrpc2.Request) {
		var p lspPublished
		if err := req.UnmarshalParams(&p); err != nil || req.Method() != "textDocument/publishDiagnostics" {
			t.Errorf("%s: %v", req.Method(), err)
		}
		s.published <- p
	}})
	return s
}

// call sends a request and reads the result.
func (s *session) call(method string, params, result any) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if err := s.client.CallResult(ctx, method, params, result); err != nil {
		s.t.Fatalf("%s: %v\n%s", method, err, s.stderr.String())
	}
}

func (s *session) notify(method string, params any) {
	s.t.Helper()
	if err := s.client.Notify(s.t.Context(), method, params); err != nil {
		s.t.Fatalf("%s: %v", method, err)
	}
}

func (s *session) initialize() {
	s.t.Helper()
	var result struct {
		Capabilities struct {
			PositionEncoding string
			HoverProvider    bool
		}
		ServerInfo struct{ Name string }
	}
	s.call("initialize", obj{"processId": nil, "rootUri": nil, "capabilities": obj{}}, &result)
	if result.Capabilities.PositionEncoding != "utf-16" || !result.Capabilities.HoverProvider || result.ServerInfo.Name != "ingot" {
		s.t.Errorf("%+v", result)
	}
	s.notify("initialized", obj{})
}

type obj = map[string]any

func (s *session) uri(name string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(s.dir, name))}).String()
}

// show opens a document, or changes it if version is above 1, and gives what is found in it.
func (s *session) show(uri string, version int, text string) []lspDiagnostic {
	s.t.Helper()
	if version == 1 {
		s.notify("textDocument/didOpen", obj{"textDocument": obj{"uri": uri, "languageId": "json", "version": version, "text": text}})
	} else {
		s.notify("textDocument/didChange", obj{"textDocument": obj{"uri": uri, "version": version}, "contentChanges": []obj{{"text": text}}})
	}
	for {
		p := s.next()
		if p.URI != uri {
			s.t.Fatalf("diagnostics for %s, want %s", p.URI, uri)
		}
		if p.Version == version {
			return p.Diagnostics
		}
	}
}

// next waits for diagnostics.
func (s *session) next() lspPublished {
	s.t.Helper()
	select {
	case p := <-s.published:
		return p
	case <-time.After(patience):
		s.t.Fatalf("no diagnostics came\n%s", s.stderr.String())
	}
	panic("not reached")
}

// end waits for the program and wants an exit code.
func (s *session) end(want int) {
	s.t.Helper()
	got := 0
	var exit *exec.ExitError
	if err := s.cmd.Wait(); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		s.t.Fatal(err)
	}
	if got != want {
		s.t.Errorf("exit code %d, want %d\n%s", got, want, s.stderr.String())
	}
}

// placeOf is the position behind the first occurrence of part.
func placeOf(t *testing.T, text, part string) lspPosition {
	t.Helper()
	before, _, ok := strings.Cut(text, part)
	if !ok {
		t.Fatalf("%q is not in the text", part)
	}
	before += part
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return lspPosition{strings.Count(before, "\n"), len(utf16.Encode([]rune(line)))}
}

// apply carries out edits as an editor does.
func apply(t *testing.T, text string, edits []lspEdit) string {
	t.Helper()
	offset := func(p lspPosition) int {
		lines := strings.SplitAfter(text, "\n")
		before := strings.Join(lines[:p.Line], "")
		units := utf16.Encode([]rune(lines[p.Line]))
		return len(before) + len(string(utf16.Decode(units[:p.Character])))
	}
	slices.SortStableFunc(edits, func(a, b lspEdit) int { return offset(b.Range.Start) - offset(a.Range.Start) })
	for _, e := range edits {
		text = text[:offset(e.Range.Start)] + e.NewText + text[offset(e.Range.End):]
	}
	return text
}

func codesOf(list []lspDiagnostic) string {
	var all []string
	for _, d := range list {
		all = append(all, d.Code)
	}
	return strings.Join(all, " ")
}

// document is an image template in CR LF lines, with letters beyond ASCII before whatever is looked for.
func document(customize string) string {
	text := `{
  "type": "Microsoft.VirtualMachineImages/imageTemplates",
  "apiVersion": "2024-02-01",
  "name": "web",
  "location": "westeurope",
  "tags": {"who": "Zoë 😀"},
  "identity": {"type": "UserAssigned", "userAssignedIdentities": {
    "/subscriptions/00000000-0000-0000-0000-0000000000aa/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/b": {}}},
  "properties": {
    "source": {"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12", "sku": "12-gen2", "version": "0.20250115.1993"},
    "customize": [
      ` + customize + `
    ],
    "distribute": [{"type": "ManagedImage", "runOutputName": "m", "location": "westeurope",
      "imageId": "/subscriptions/00000000-0000-0000-0000-0000000000aa/resourceGroups/g/providers/Microsoft.Compute/images/web"}]
  }
}
`
	return strings.ReplaceAll(text, "\n", "\r\n")
}

func TestEditorSession(t *testing.T) {
	s := startLSP(t)
	s.initialize()
	uri := s.uri("my web.json")

	// A name in the wrong case, behind letters that take two bytes and two units.
	text := document(`{"name": "größer 😀", "type": "Shell", "Inline": ["sudo systemctl enable nginx"]}`)
	list := s.show(uri, 1, text)
	i := slices.IndexFunc(list, func(d lspDiagnostic) bool { return strings.Contains(d.Message, `"Inline"`) && d.Severity == 1 })
	if i < 0 {
		t.Fatalf("%+v", list)
	}
	wrong := list[i]
	end := placeOf(t, text, `"Inline"`)
	start := lspPosition{end.Line, end.Character - len(`"Inline"`)}
	if want := (lspRange{start, end}); wrong.Range != want || wrong.Source != "ingot" || !strings.HasPrefix(wrong.CodeDescription.Href, "https://") {
		t.Errorf("%+v, want range %v", wrong, want)
	}

	var hover struct{ Contents struct{ Value string } }
	s.call("textDocument/hover", obj{"textDocument": obj{"uri": uri}, "position": start}, &hover)
	if !strings.Contains(hover.Contents.Value, wrong.Code) || !strings.Contains(hover.Contents.Value, "array of strings") {
		t.Errorf("hover: %s", hover.Contents.Value)
	}

	var actions []lspAction
	s.call("textDocument/codeAction", obj{"textDocument": obj{"uri": uri}, "range": wrong.Range, "context": obj{"diagnostics": []obj{}}}, &actions)
	if len(actions) != 2 || actions[0].Kind != "quickfix" || actions[1].Kind != "source.fixAll.ingot" {
		t.Fatalf("%+v", actions)
	}
	fixed := apply(t, text, actions[0].Edit.Changes[uri])
	if want := strings.Replace(text, `"Inline"`, `"inline"`, 1); fixed != want {
		t.Errorf("mended: %s", fixed)
	}
	if all := apply(t, text, actions[1].Edit.Changes[uri]); all != fixed {
		t.Errorf("all mended: %s", all)
	}
	var only []lspAction
	s.call("textDocument/codeAction", obj{"textDocument": obj{"uri": uri}, "range": lspRange{}, "context": obj{"only": []string{"source.fixAll"}}}, &only)
	if len(only) != 1 || only[0].Kind != "source.fixAll.ingot" {
		t.Errorf("only source.fixAll: %+v", only)
	}
	if list := s.show(uri, 2, fixed); len(list) != 0 {
		t.Errorf("after the fix: %+v", list)
	}

	// Severities, and a second place.
	list = s.show(uri, 3, document(`{"type": "Shell", "name": "one", "inline": ["apt-get install nginx"]}, {"type": "Shell", "scriptUri": "https://example.com/a.sh", "inline": ["true"]}`))
	if got := codesOf(list); !strings.Contains(got, "ING2103") || !strings.Contains(got, "ING22") {
		t.Errorf("findings: %s", got)
	}
	for _, d := range list {
		if d.Code == "ING2103" && (len(d.RelatedInformation) != 1 || d.RelatedInformation[0].Location.URI != uri) {
			t.Errorf("%+v", d)
		}
	}

	// A script beside the template has diagnostics of its own, which go when the template is closed.
	if err := os.WriteFile(filepath.Join(s.dir, "install.sh"), []byte("#!/bin/sh\necho ok\napt-get install nginx\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.notify("textDocument/didChange", obj{"textDocument": obj{"uri": uri, "version": 4}, "contentChanges": []obj{{
		"text": document(`{"type": "Shell", "scriptUri": "install.sh"}`)}}})
	about := map[string][]lspDiagnostic{}
	for range 2 {
		p := s.next()
		about[p.URI] = p.Diagnostics
	}
	if list := about[s.uri("install.sh")]; len(list) == 0 || list[0].Range.Start.Line != 2 {
		t.Errorf("%+v", about)
	}
	s.notify("textDocument/didClose", obj{"textDocument": obj{"uri": uri}})
	for range 2 {
		if p := s.next(); len(p.Diagnostics) != 0 {
			t.Errorf("after close: %+v", p)
		}
	}

	var nothing any
	s.call("shutdown", nil, &nothing)
	s.notify("exit", nil)
	s.end(0)
	if s.stderr.Len() > 0 {
		t.Errorf("standard error: %s", s.stderr.String())
	}
}

// TestEditorCompletion writes at the mark | of a document.
func TestEditorCompletion(t *testing.T) {
	s := startLSP(t)
	s.initialize()
	for i, tt := range []struct{ name, customize, want, insert string }{
		{"names of a case", `{"type": "Shell", "|"}`, "inline name scriptUri sha256Checksum", `"inline": `},
		{"an open string", `{"type": "Shell", "scr|`, "inline name scriptUri sha256Checksum", `"inline": `},
		{"nothing yet", `{"type": "Shell", |}`, "inline name scriptUri sha256Checksum", `"inline": `},
		{"after a comma that is missing", `{"type": "Shell"
          "|}`, "inline name scriptUri sha256Checksum", `"inline": `},
		{"before the case", `{"na|", "type": "Shell"}`, "inline name scriptUri sha256Checksum", `"inline": `},
		{"what stands there already", `{"type": "Shell", "name": "x", "|": 1}`, "inline scriptUri sha256Checksum", `"inline"`},
		{"a case that is not known", `{"|"}`, "type", `"type": `},
		{"cases", `{"type": "|"}`, "File PowerShell Shell WindowsRestart WindowsUpdate", `"File"`},
		{"cases without quotes", `{"type": |}`, "File PowerShell Shell WindowsRestart WindowsUpdate", `"File"`},
		{"a bare word", `{"type": Sh|}`, "File PowerShell Shell WindowsRestart WindowsUpdate", `"File"`},
		{"booleans", `{"type": "PowerShell", "runElevated": |}`, "false true", "false"},
		{"a free text", `{"type": "Shell", "name": "|"}`, "", ""},
		{"inside a script", `{"type": "Shell", "inline": ["|"]}`, "", ""},
		{"a comment", `/* {"| */`, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.t = t
			text := document(tt.customize)
			at := placeOf(t, text, "|")
			at.Character--
			text = strings.Replace(text, "|", "", 1)
			uri := s.uri(fmt.Sprintf("%d.json", i))
			s.notify("textDocument/didOpen", obj{"textDocument": obj{"uri": uri, "languageId": "json", "version": 1, "text": text}})
			var list struct{ Items []lspItem }
			s.call("textDocument/completion", obj{"textDocument": obj{"uri": uri}, "position": at}, &list)
			var labels []string
			for _, item := range list.Items {
				labels = append(labels, item.Label)
			}
			slices.Sort(labels)
			if got := strings.Join(labels, " "); got != tt.want {
				t.Fatalf("completions: %s, want %s", got, tt.want)
			}
			for _, item := range list.Items {
				if item.Label == labels[0] && item.TextEdit.NewText != tt.insert {
					t.Errorf("%s inserts %s, want %s", item.Label, item.TextEdit.NewText, tt.insert)
				}
			}
		})
	}
}

// TestEditorRobust gives the program what nobody should give it.
func TestEditorRobust(t *testing.T) {
	s := startLSP(t, "--log-level", "error")
	var result any
	err := s.client.CallResult(t.Context(), "textDocument/hover", obj{}, &result)
	if jrpc2.ErrorCode(err) != -32002 {
		t.Errorf("before initialize: %v", err)
	}
	s.initialize()
	if err := s.client.CallResult(t.Context(), "workspace/nonsense", obj{}, &result); jrpc2.ErrorCode(err) != jrpc2.MethodNotFound {
		t.Errorf("an unknown method: %v", err)
	}
	if err := s.client.CallResult(t.Context(), "textDocument/hover", []int{1}, &result); jrpc2.ErrorCode(err) != jrpc2.InvalidParams {
		t.Errorf("parameters of the wrong form: %v", err)
	}
	s.notify("$/cancelRequest", obj{"id": 12345})
	s.call("textDocument/hover", obj{"textDocument": obj{"uri": "file:///not/open.json"}, "position": lspPosition{}}, &result)

	// Other files are left alone, however broken they are.
	for name, text := range map[string]string{
		"package.json": `{"name": "x", "dependencies": {}}`, "broken.json": `{"a": [1,`, "empty.json": "", "binary.json": "\x00\ufffd",
		"role.json": `{"actions": ["Microsoft.VirtualMachineImages/imageTemplates/read"]}`, "big.json": `["` + strings.Repeat("x", 5<<20) + `"]`,
		"parameters.json": `{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#", "parameters": {}}`,
	} {
		if list := s.show(s.uri(name), 1, text); len(list) != 0 {
			t.Errorf("%s: %+v", name, list)
		}
	}

	// An image template that is too large has one diagnostic, and still has its place in the session.
	large := strings.Replace(document(`{"type": "Shell", "inline": ["`+strings.Repeat("x", 5<<20)+`"]}`), "2024", "2", 1)
	if list := s.show(s.uri("large.json"), 1, large); codesOf(list) != "ING1001" {
		t.Errorf("large: %+v", list)
	}
	s.call("textDocument/completion", obj{"textDocument": obj{"uri": s.uri("large.json")}, "position": lspPosition{9, 9}}, &result)
	for name, text := range map[string]string{
		"deep.json":    document(strings.Repeat("[", 100_000)),
		"cut.json":     document(`{"type": "Shell`)[:800],
		"numbers.json": document(strings.Repeat("1e999999999,", 10_000)),
	} {
		if list := s.show(s.uri(name), 1, text); len(list) == 0 {
			t.Errorf("%s: no diagnostics", name)
		}
		for _, at := range []lspPosition{{0, 0}, {9, 1}, {10, 10}, {-1, -1}, {1 << 30, 1 << 30}} {
			params := obj{"textDocument": obj{"uri": s.uri(name)}, "position": at}
			s.call("textDocument/hover", params, &result)
			s.call("textDocument/completion", params, &result)
		}
	}

	// Without a shutdown request, the end of standard input is the end of an editor that died.
	s.stdin.Close()
	s.end(1)
	if !strings.Contains(s.stderr.String(), "without a shutdown request") {
		t.Errorf("the log: %s", s.stderr.String())
	}
}

func TestEditorExitCodes(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(*session)
		want int
	}{
		{"exit without shutdown", func(s *session) { s.initialize(); s.notify("exit", nil) }, 1},
		{"exit at once", func(s *session) { s.notify("exit", nil) }, 1},
		{"standard input closed after shutdown", func(s *session) {
			s.initialize()
			var result json.RawMessage
			s.call("shutdown", nil, &result)
			s.stdin.Close()
		}, 0},
		{"no protocol at all", func(s *session) { io.WriteString(s.stdin, "hello\r\n\r\n") }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startLSP(t)
			tt.do(s)
			s.end(tt.want)
		})
	}
}

// TestEditorDocs holds the settings in docs/editor.md against the program.
func TestEditorDocs(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "editor.md"))
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	_, block, _ := strings.Cut(doc, "```json\n")
	block, _, _ = strings.Cut(block, "```")
	var settings struct {
		Command   string   `json:"glspc.server.command"`
		Arguments []string `json:"glspc.server.commandArguments"`
	}
	if err := json.Unmarshal([]byte(block), &settings); err != nil {
		t.Fatalf("settings of VS Code: %v", err)
	}
	if settings.Command != "ingot" || !slices.Equal(settings.Arguments, []string{"lsp"}) {
		t.Errorf("VS Code starts %s %q", settings.Command, settings.Arguments)
	}
	for _, want := range []string{"cmd = { 'ingot', 'lsp' }", "vim.lsp.enable('ingot')", "--log-level debug"} {
		if !strings.Contains(doc, want) {
			t.Errorf("docs/editor.md does not say %s", want)
		}
	}

	s := startLSP(t, append(settings.Arguments[1:], "--log-level", "debug")...)
	var result struct {
		Capabilities struct {
			CodeActionProvider struct{ CodeActionKinds []string }
		}
	}
	s.call("initialize", obj{"capabilities": obj{}}, &result)
	for _, kind := range result.Capabilities.CodeActionProvider.CodeActionKinds {
		if strings.HasPrefix(kind, "source.") && strings.Count(doc, kind) < 3 {
			t.Errorf("docs/editor.md does not use the code action %s", kind)
		}
	}
	s.stdin.Close()
	s.end(1)
}
