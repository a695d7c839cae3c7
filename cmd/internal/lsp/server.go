// Package lsp is the language server: it tells an editor what Ingot finds in the image templates that are open there, what their
// properties are, what may be written next, and how to mend them.
//
// It speaks the Language Server Protocol 3.17 over a pair of streams. Documents are sent whole with each change, so that an editor and
// this server never disagree about a text. What is found about a document is for the caller to say, see Options.
//
// Reference: https://microsoft.github.io/language-server-protocol/
package lsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/handler"
)

// Options say what a server knows. Check is needed.
type Options struct {
	Check   Check
	Version string       // of Ingot
	Log     *slog.Logger // nil for none

	delay time.Duration // in tests: how long a document has to rest before it is looked at; 0 is the usual
}

// restBeforeCheck is how long nobody types before a document is looked at.
const restBeforeCheck = 150 * time.Millisecond

// parallel is how many requests are worked on at a time.
const parallel = 4

// Error codes of the protocol beyond those of JSON-RPC.
const (
	codeNotInitialized jrpc2.Code = -32002
	codeCancelled      jrpc2.Code = -32800
)

// ErrNoShutdown says that the session ended without the request that should come before.
var ErrNoShutdown = errors.New("the editor ended the session without a shutdown request")

// Serve talks to an editor until that says "exit", closes in, or ctx ends. After an orderly end the error is nil.
//
// It may return while a read of in is still waiting, which nothing can stop.
func Serve(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.delay == 0 {
		o.delay = restBeforeCheck
	}
	s := &server{
		Options: o, ctx: ctx, docs: map[string]*document{}, timers: map[string]*time.Timer{},
		turn: make(chan struct{}, 1), exit: make(chan struct{}), published: map[string]map[string][]Diagnostic{},
	}
	s.rpc = jrpc2.NewServer(s.methods(), &jrpc2.ServerOptions{
		AllowPush: true, DisableBuiltin: true, Concurrency: parallel,
		NewContext: func() context.Context { return ctx },
		Logger:     func(text string) { o.Log.Debug(text) },
	})
	s.rpc.Start(newFrames(in, out, o.Log))
	closed := make(chan error, 1)
	go func() { closed <- s.rpc.Wait() }()
	var err error
	select {
	case <-ctx.Done():
		s.rpc.Stop()
		return context.Cause(ctx)
	case <-s.exit:
		s.rpc.Stop()
	case err = <-closed:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil:
		return fmt.Errorf("talk to the editor: %w", err)
	case s.state != stopping:
		return ErrNoShutdown
	}
	return nil
}

// The states of a session.
const (
	starting = iota // before "initialize"
	running
	stopping // after "shutdown"
)

// server is one session.
type server struct {
	Options
	ctx  context.Context
	rpc  *jrpc2.Server
	exit chan struct{} // closed by "exit"
	turn chan struct{} // holds one while a document is checked: one at a time

	mu       sync.Mutex // guards what follows
	state    int
	snippets bool // the editor takes snippets
	docs     map[string]*document
	timers   map[string]*time.Timer // of documents that wait to be checked
	once     sync.Once              // for exit

	publishing sync.Mutex                         // held while diagnostics are sent, so that they arrive in order
	published  map[string]map[string][]Diagnostic // by the document they come from, then by the one they are about
}

func (s *server) methods() handler.Map {
	m := handler.Map{
		"exit": func(context.Context, *jrpc2.Request) (any, error) {
			s.once.Do(func() { close(s.exit) })
			return nil, nil
		},
		"$/cancelRequest": func(_ context.Context, req *jrpc2.Request) (any, error) {
			var p cancelParams
			if err := req.UnmarshalParams(&p); err != nil {
				return nil, err
			}
			s.rpc.CancelRequest(string(p.ID))
			return nil, nil
		},
		"initialize": s.guard(starting, s.initialize),
		"shutdown":   s.guard(running, s.shutdown),
	}
	for name, h := range map[string]jrpc2.Handler{
		"textDocument/didOpen":    on(s.didOpen),
		"textDocument/didChange":  on(s.didChange),
		"textDocument/didSave":    on(s.didSave),
		"textDocument/didClose":   on(s.didClose),
		"textDocument/hover":      on(s.hover),
		"textDocument/completion": on(s.completion),
		"textDocument/codeAction": on(s.codeAction),
	} {
		m[name] = s.guard(running, h)
	}
	for _, name := range []string{"initialized", "$/setTrace", "workspace/didChangeConfiguration"} {
		m[name] = func(context.Context, *jrpc2.Request) (any, error) { return nil, nil }
	}
	return m
}

// on reads the parameters of a method.
func on[P any](f func(context.Context, P) (any, error)) jrpc2.Handler {
	return func(ctx context.Context, req *jrpc2.Request) (any, error) {
		var p P
		if err := req.UnmarshalParams(&p); err != nil {
			return nil, err
		}
		return f(ctx, p)
	}
}

// guard lets a method be called in one state of the session only, and keeps a panic to the request that it happened in.
func (s *server) guard(state int, h jrpc2.Handler) jrpc2.Handler {
	return func(ctx context.Context, req *jrpc2.Request) (result any, err error) {
		defer func() {
			if v := recover(); v != nil {
				s.Log.Error("a request ended in a panic", "method", req.Method(), "panic", v, "stack", string(debug.Stack()))
				result, err = nil, jrpc2.Errorf(jrpc2.InternalError, "%s: there is a fault in ingot: %v", req.Method(), v)
			}
		}()
		s.mu.Lock()
		now := s.state
		s.mu.Unlock()
		switch {
		case now == starting && state != starting:
			return nil, jrpc2.Errorf(codeNotInitialized, "%s came before initialize", req.Method())
		case now != state:
			return nil, jrpc2.Errorf(jrpc2.InvalidRequest, "%s came too late", req.Method())
		case ctx.Err() != nil:
			return nil, jrpc2.Errorf(codeCancelled, "%s was cancelled", req.Method())
		}
		return h(ctx, req)
	}
}

func (s *server) initialize(_ context.Context, req *jrpc2.Request) (any, error) {
	var p initializeParams
	if err := req.UnmarshalParams(&p); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = running
	s.snippets = p.Capabilities.TextDocument.Completion.CompletionItem.SnippetSupport
	return map[string]any{
		"capabilities": map[string]any{
			"positionEncoding":   "utf-16",
			"textDocumentSync":   map[string]any{"openClose": true, "change": 1, "save": true}, // 1: the whole text
			"hoverProvider":      true,
			"completionProvider": map[string]any{"triggerCharacters": []string{`"`, ":"}},
			"codeActionProvider": map[string]any{"codeActionKinds": []string{kindQuickFix, kindFixOurs}},
		},
		"serverInfo": map[string]any{"name": "ingot", "version": s.Version},
	}, nil
}

func (s *server) shutdown(context.Context, *jrpc2.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = stopping
	for _, t := range s.timers {
		t.Stop()
	}
	return nil, nil
}

func (s *server) didOpen(_ context.Context, p documentParams) (any, error) {
	s.keep(p.TextDocument, 0)
	return nil, nil
}

func (s *server) didChange(_ context.Context, p changeParams) (any, error) {
	if len(p.ContentChanges) == 0 {
		return nil, nil
	}
	last := p.ContentChanges[len(p.ContentChanges)-1]
	if last.Range != nil {
		return nil, jrpc2.Errorf(jrpc2.InvalidParams, "a change has a range, and whole texts were asked for")
	}
	p.TextDocument.Text = last.Text
	s.keep(p.TextDocument, s.delay)
	return nil, nil
}

// didSave looks at the document again: scripts and settings beside it may be different now.
func (s *server) didSave(_ context.Context, p documentParams) (any, error) {
	if d := s.document(p.TextDocument.URI); d != nil {
		s.keep(textDocument{d.uri, d.version, string(d.text.data)}, 0)
	}
	return nil, nil
}

func (s *server) didClose(_ context.Context, p documentParams) (any, error) {
	uri := p.TextDocument.URI
	s.mu.Lock()
	s.forget(uri)
	s.mu.Unlock()
	s.publish(uri, nil)
	return nil, nil
}

// keep takes a text as the document's newest, and looks at it after it has rested for a time.
func (s *server) keep(t textDocument, rest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	room := maxOpen
	for uri, d := range s.docs {
		if uri != t.URI {
			room -= len(d.text.data)
		}
	}
	d := newDocument(s.ctx, t.URI, t.Version, t.Text, room, s.Check)
	s.forget(t.URI)
	s.docs[t.URI] = d
	s.timers[t.URI] = time.AfterFunc(rest, func() { s.look(d) })
}

// forget drops a version of a document, and the check of it that waits or is under way. s.mu is held.
func (s *server) forget(uri string) {
	if t := s.timers[uri]; t != nil {
		t.Stop()
	}
	if d := s.docs[uri]; d != nil {
		d.drop()
	}
	delete(s.timers, uri)
	delete(s.docs, uri)
}

// document returns the newest version of a document, or nil if it is not open.
func (s *server) document(uri string) *document {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.docs[uri]
}

// look checks a document and says what was found. It gives up as soon as there is a newer text.
func (s *server) look(d *document) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-s.ctx.Done():
		return
	}
	if s.document(d.uri) != d {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			s.Log.Error("checking a document ended in a panic", "uri", d.uri, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	d.diagnostics() // which takes its time; publish asks again who is the newest
	s.publish(d.uri, d)
}

// publish sends what was found in a document in place of what was sent before; nil stands for a closed one. A document that is not
// the newest any more says nothing.
func (s *server) publish(uri string, d *document) {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	if s.document(uri) != d {
		return
	}
	before := s.published[uri]
	delete(s.published, uri)
	touched := maps.Clone(before)
	if touched == nil {
		touched = map[string][]Diagnostic{}
	}
	if d != nil {
		found := d.diagnostics()
		s.published[uri] = found
		maps.Copy(touched, found)
	}
	for _, about := range slices.Sorted(maps.Keys(touched)) {
		p := PublishDiagnosticsParams{URI: about, Diagnostics: []Diagnostic{}}
		for _, from := range slices.Sorted(maps.Keys(s.published)) { // several documents may have something to say about one script
			p.Diagnostics = append(p.Diagnostics, s.published[from][about]...)
		}
		if d != nil && about == uri {
			p.Version = &d.version
		}
		if err := s.rpc.Notify(s.ctx, "textDocument/publishDiagnostics", p); err != nil {
			s.Log.Debug("diagnostics were not sent", "uri", about, "error", err)
		}
	}
}

func (s *server) hover(_ context.Context, p positionParams) (any, error) {
	if d := s.document(p.TextDocument.URI); d != nil {
		if h := d.hover(p.Position); h != nil {
			return h, nil
		}
	}
	return nil, nil
}

func (s *server) completion(_ context.Context, p positionParams) (any, error) {
	s.mu.Lock()
	snippets := s.snippets
	s.mu.Unlock()
	if d := s.document(p.TextDocument.URI); d != nil {
		return d.complete(p.Position, snippets), nil
	}
	return CompletionList{Items: []CompletionItem{}}, nil
}

func (s *server) codeAction(_ context.Context, p actionParams) (any, error) {
	if d := s.document(p.TextDocument.URI); d != nil {
		return d.actions(p.Range, p.Context.Only), nil
	}
	return []CodeAction{}, nil
}
