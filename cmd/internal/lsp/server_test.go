package lsp

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"

	"github.com/ingot-build/ingot/translate/diag"
)

// connect starts a server in this process, and an editor that has introduced itself.
func connect(t *testing.T, o Options) (*jrpc2.Client, <-chan PublishDiagnosticsParams, <-chan error) {
	t.Helper()
	toServer, fromEditor := io.Pipe()
	toEditor, fromServer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Serve(t.Context(), toServer, fromServer, o) }()
	published := make(chan PublishDiagnosticsParams, 100)
	client := jrpc2.NewClient(channel.LSP(toEditor, fromEditor), &jrpc2.ClientOptions{OnNotify: func(req *jrpc2.Request) {
		var p PublishDiagnosticsParams
		if err := req.UnmarshalParams(&p); err != nil {
			t.Error(err)
		}
		published <- p
	}})
	if _, err := client.Call(t.Context(), "initialize", map[string]any{}); err != nil {
		t.Fatal(err)
	}
	return client, published, ended
}

// template is a document that is looked at.
func template(name string) string {
	return `{"type": "Microsoft.VirtualMachineImages/imageTemplates", "name": "` + name + `"}`
}

func notify(t *testing.T, c *jrpc2.Client, method string, params any) {
	t.Helper()
	if err := c.Notify(t.Context(), method, params); err != nil {
		t.Fatal(err)
	}
}

func open(uri, text string) any {
	return documentParams{textDocument{URI: uri, Version: 1, Text: text}}
}

func TestPanicIsAnswered(t *testing.T) {
	var log bytes.Buffer
	client, published, ended := connect(t, Options{
		Log: slog.New(slog.NewTextHandler(&log, nil)),
		Check: func(_ context.Context, file string, data []byte) (diag.List, map[string][]byte) {
			if bytes.Contains(data, []byte("bad")) {
				panic("a fault")
			}
			return nil, nil
		},
	})
	notify(t, client, "textDocument/didOpen", open("file:///bad.json", template("bad")))
	at := positionParams{documentParams: documentParams{textDocument{URI: "file:///bad.json"}}}
	_, err := client.Call(t.Context(), "textDocument/hover", at)
	if jrpc2.ErrorCode(err) != jrpc2.InternalError || !strings.Contains(err.Error(), "a fault") {
		t.Errorf("hover: %v", err)
	}
	notify(t, client, "textDocument/didOpen", open("file:///good.json", template("good")))
	if p := <-published; p.URI != "file:///good.json" || len(p.Diagnostics) != 0 {
		t.Errorf("%+v", p)
	}
	if _, err := client.Call(t.Context(), "shutdown", nil); err != nil {
		t.Error(err)
	}
	notify(t, client, "exit", nil)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "textDocument/hover") {
		t.Errorf("the log: %s", log.String())
	}
}

// TestNewerTextEndsCheck opens a document whose check would never end, and changes it.
func TestNewerTextEndsCheck(t *testing.T) {
	checking := make(chan struct{})
	client, published, _ := connect(t, Options{delay: 1, Check: func(ctx context.Context, file string, data []byte) (diag.List, map[string][]byte) {
		if bytes.Contains(data, []byte("slow")) {
			close(checking)
			<-ctx.Done()
		}
		return diag.List{{Severity: diag.Info, Code: "ING2103", Subject: diag.Range{File: file}, Summary: string(data)}}, nil
	}})
	notify(t, client, "textDocument/didOpen", open("file:///a.json", template("slow")))
	<-checking
	notify(t, client, "textDocument/didChange", map[string]any{"textDocument": textDocument{URI: "file:///a.json", Version: 2},
		"contentChanges": []map[string]string{{"text": template("fast")}}})
	p := <-published
	if p.Version == nil || *p.Version != 2 || len(p.Diagnostics) != 1 || !strings.Contains(p.Diagnostics[0].Message, "fast") || p.Diagnostics[0].Severity != 3 {
		t.Errorf("%+v", p)
	}
}

func TestTooMuchText(t *testing.T) {
	for _, tt := range []struct {
		name       string
		text       string
		room, want int
	}{
		{"room enough", template("a"), 1000, 0},
		{"no room", template("a"), 10, 1},
		{"no room for something else", `{"name": "package"}`, 10, 0},
		{"too large", template(strings.Repeat("a", maxDocument)), maxOpen, 1},
	} {
		none := func(context.Context, string, []byte) (diag.List, map[string][]byte) { return nil, nil }
		d := newDocument(t.Context(), "file:///a.json", 1, tt.text, tt.room, none)
		if got := len(d.diagnostics()[d.uri]); got != tt.want {
			t.Errorf("%s: %d diagnostics, want %d", tt.name, got, tt.want)
		}
	}
}

func TestMostShown(t *testing.T) {
	many := func(_ context.Context, file string, _ []byte) (list diag.List, _ map[string][]byte) {
		for range 2 * mostShown {
			list.Add(diag.Diagnostic{Severity: diag.Info, Subject: diag.Range{File: file}})
		}
		list.Add(diag.Diagnostic{Severity: diag.Error, Subject: diag.Range{File: file}, Summary: "the worst"})
		return list, nil
	}
	got := newDocument(t.Context(), "file:///a.json", 1, template("a"), maxOpen, many).diagnostics()["file:///a.json"]
	if len(got) != mostShown+1 || !strings.HasPrefix(got[0].Message, "501 more") || got[1].Message != "the worst" {
		t.Errorf("%d diagnostics, first %+v", len(got), got[:2])
	}
}

func TestFrames(t *testing.T) {
	in := "Content-Length: 9\r\n\r\ntoo large" + "content-length: 2\r\nContent-Type: x\r\n\r\n{}"
	f := newFrames(strings.NewReader(in), io.Discard, slog.New(slog.DiscardHandler))
	f.max = 5
	if data, err := f.Recv(); string(data) != "{}" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := f.Recv(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	for _, header := range []string{"Content-Length: -1", "Content-Length: x", "No-Length: 1"} {
		f := newFrames(strings.NewReader(header+"\r\n\r\n{}"), io.Discard, slog.New(slog.DiscardHandler))
		if _, err := f.Recv(); err == nil {
			t.Errorf("%s was taken", header)
		}
	}
}

func TestURIs(t *testing.T) {
	for uri, file := range map[string]string{
		"file:///a/my%20web.json":        "/a/my web.json",
		"file:///a/%C3%BC%23.json":       "/a/ü#.json",
		"untitled:Untitled-1":            "untitled:Untitled-1",
		"vscode-remote://wsl/a/b.json":   "vscode-remote://wsl/a/b.json",
		"https://example.com/install.sh": "https://example.com/install.sh",
	} {
		if got := fileOf(uri); got != file {
			t.Errorf("fileOf(%s) = %s, want %s", uri, got, file)
		}
		if got := uriOf(file); got != uri {
			t.Errorf("uriOf(%s) = %s, want %s", file, got, uri)
		}
	}
	if got := fileOf("file:///c:/a.json"); got != "c:/a.json" {
		t.Errorf("a drive: %s", got)
	}
}
