package winrmserver

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"
)

// Request is what a Fault can depend on.
type Request struct {
	Action  string // Create, Command, Receive, Send, Signal or Delete
	Shell   string // its id; "" for Create
	Command string // the id of the command; "" for Create, Command and Delete
}

// Fault is what goes wrong with a request.
type Fault int

const (
	NoFault      Fault = iota
	Dropped            // the connection is cut and the request has no effect
	LostReply          // the request has its effect, then the connection is cut
	HalfReply          // the request has its effect, and the connection is cut in the middle of the reply
	Garbage            // the request has no effect, and the reply is no XML
	WrongEnd           // the request has no effect, and the reply is XML that ends too early
	Unauthorized       // 401
	Unavailable        // 503, as Windows gives while it starts
)

// handler is one boot's service.
type handler struct {
	*Server
	shells *shells
}

const soapType = "application/soap+xml;charset=UTF-8"

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/wsman" {
		http.Error(w, "", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodPost {
		http.Error(w, "", http.StatusMethodNotAllowed)
		return
	}
	user := ""
	if r.Header.Get("WSMANIDENTIFY") != "unauthenticated" {
		var ok bool
		if user, ok = h.admit(w, r); !ok {
			_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, int64(h.opts.MaxEnvelope))) // the connection goes on
			return
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(h.opts.MaxEnvelope)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		write(w, new(envelope).fail(faultSize))
		return
	case err != nil:
		return // the client is gone
	case len(body) == 0:
		w.WriteHeader(http.StatusOK) // how a client logs in before it has anything to say
		return
	}
	e, err := parse(body)
	if err != nil {
		write(w, new(envelope).fail(faultSchema))
		return
	}
	if e.Body.Identify != nil {
		write(w, identify)
		return
	}
	if user == "" {
		h.refuse(w)
		return
	}
	h.perform(w, r, e, user)
}

// identify is the answer to "who are you", which needs no login and has no header.
var identify = reply{200, fmt.Sprintf(`<s:Envelope xmlns:s="%s"><s:Header/><s:Body><wsmid:IdentifyResponse xmlns:wsmid="%s">`+
	`<wsmid:ProtocolVersion>%s</wsmid:ProtocolVersion><wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>`+
	`<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</wsmid:ProductVersion></wsmid:IdentifyResponse></s:Body></s:Envelope>`,
	nsSOAP, nsIdentify, nsWSMan)}

// perform does what a request asks, unless it is made to go wrong.
func (h *handler) perform(w http.ResponseWriter, r *http.Request, e *envelope, user string) {
	about := Request{Action: path.Base(e.Header.Action), Shell: e.shellID()}
	switch b := &e.Body; {
	case b.Receive != nil:
		about.Command = b.Receive.DesiredStream.CommandID
	case b.Send != nil && len(b.Send.Streams) > 0:
		about.Command = b.Send.Streams[0].CommandID
	case b.Signal != nil:
		about.Command = b.Signal.CommandID
	}
	wrong := NoFault
	if h.opts.Fault != nil {
		wrong = h.opts.Fault(about)
	}
	switch wrong {
	case Dropped:
		panic(http.ErrAbortHandler)
	case Garbage:
		write(w, reply{200, "\x00\xff<<<]]> this is no answer"})
		return
	case WrongEnd:
		text := e.answer(e.Header.Action+"Response", "").text
		write(w, reply{200, text[:len(text)/2]})
		return
	case Unauthorized:
		h.refuse(w)
		return
	case Unavailable:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	result := h.act(r.Context(), e, user)
	switch wrong {
	case LostReply:
		panic(http.ErrAbortHandler)
	case HalfReply:
		w.Header().Set("Content-Type", soapType)
		w.Header().Set("Content-Length", fmt.Sprint(len(result.text)))
		w.WriteHeader(result.status)
		_, _ = io.WriteString(w, result.text[:len(result.text)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	write(w, result)
}

func write(w http.ResponseWriter, r reply) {
	w.Header().Set("Content-Type", soapType)
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, r.text) // a client that is gone needs no reply
}

// act does what a request asks.
func (h *handler) act(ctx context.Context, e *envelope, user string) reply {
	if e.Header.ResourceURI != cmdShell {
		return e.fail(faultResource)
	}
	var (
		body string
		f    *fault
	)
	switch b := &e.Body; e.Header.Action {
	case nsTransfer + "/Create":
		if b.Shell == nil {
			return e.fail(faultSchema)
		}
		env := map[string]string{}
		for _, v := range b.Shell.Environment.Variables {
			env[v.Name] = v.Value
		}
		var id string
		if id, f = h.shells.create(user, b.Shell.WorkingDirectory, env); f == nil {
			selector := fmt.Sprintf(`<w:SelectorSet><w:Selector Name="ShellId">%s</w:Selector></w:SelectorSet>`, id)
			body = fmt.Sprintf(`<x:ResourceCreated><a:Address>%s</a:Address><a:ReferenceParameters><w:ResourceURI>%s</w:ResourceURI>`+
				`%s</a:ReferenceParameters></x:ResourceCreated><rsp:Shell><rsp:ShellId>%s</rsp:ShellId></rsp:Shell>`,
				h.Endpoint(), cmdShell, selector, id)
		}
	case nsTransfer + "/Delete":
		f = h.shells.remove(e.shellID())
	case nsShell + "/Command":
		if b.Command == nil {
			return e.fail(faultSchema)
		}
		line := strings.Join(append([]string{b.Command.Command}, b.Command.Arguments...), " ")
		var id string
		if id, f = h.shells.command(e.shellID(), line); f == nil {
			body = fmt.Sprintf(`<rsp:CommandResponse><rsp:CommandId>%s</rsp:CommandId></rsp:CommandResponse>`, id)
		}
	case nsShell + "/Receive":
		if b.Receive == nil {
			return e.fail(faultSchema)
		}
		body, f = h.receive(ctx, e)
	case nsShell + "/Send":
		if b.Send == nil {
			return e.fail(faultSchema)
		}
		body, f = "<rsp:SendResponse/>", h.send(e)
	case nsShell + "/Signal":
		if b.Signal == nil {
			return e.fail(faultSchema)
		}
		body, f = "<rsp:SignalResponse/>", h.signal(e)
	default:
		return e.fail(faultAction)
	}
	if f != nil {
		return e.fail(f)
	}
	return e.answer(e.Header.Action+"Response", body)
}

// overhead is what a reply has beside the output, generously.
const overhead = 3 << 10

// receive waits for output or the end of a command, for as long as the client said.
func (h *handler) receive(ctx context.Context, e *envelope) (string, *fault) {
	id := e.Body.Receive.DesiredStream.CommandID
	c, f := h.shells.find(e.shellID(), id)
	if f != nil {
		return "", f
	}
	size := h.opts.MaxEnvelope
	if asked := e.Header.MaxEnvelopeSize; asked > overhead+4 {
		size = min(size, asked)
	}
	timeout := time.NewTimer(seconds(e.Header.OperationTimeout))
	defer timeout.Stop()
	out, f := c.receive(ctx, timeout.C, (size-overhead)/4*3)
	if f != nil {
		return "", f
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<rsp:ReceiveResponse>")
	for _, chunk := range out.chunks {
		fmt.Fprintf(&b, `<rsp:Stream Name="%s" CommandId="%s">%s</rsp:Stream>`, chunk.stream, id,
			base64.StdEncoding.EncodeToString(chunk.data))
	}
	if out.done {
		for _, stream := range []string{stdout, stderr} {
			fmt.Fprintf(&b, `<rsp:Stream Name="%s" CommandId="%s" End="true"></rsp:Stream>`, stream, id)
		}
		fmt.Fprintf(&b, `<rsp:CommandState CommandId="%s" State="%s/CommandState/Done">`+
			`<rsp:ExitCode>%d</rsp:ExitCode></rsp:CommandState>`, id, nsShell, out.exit)
	} else {
		fmt.Fprintf(&b, `<rsp:CommandState CommandId="%s" State="%s/CommandState/Running"/>`, id, nsShell)
	}
	b.WriteString("</rsp:ReceiveResponse>")
	return b.String(), nil
}

// send gives a command its input.
func (h *handler) send(e *envelope) *fault {
	for _, stream := range e.Body.Send.Streams {
		c, f := h.shells.find(e.shellID(), stream.CommandID)
		if f != nil {
			return f
		}
		data, err := base64.StdEncoding.DecodeString(strings.TrimSpace(stream.Data))
		if err != nil {
			return faultSchema
		}
		c.input(data, stream.End)
	}
	return nil
}

// signal ends a command, whatever kind of ending is asked for.
func (h *handler) signal(e *envelope) *fault {
	c, f := h.shells.find(e.shellID(), e.Body.Signal.CommandID)
	if f == nil {
		c.terminate()
	}
	return f
}
