package qemu

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
)

// fakeWinRM is a guest's WinRM service: enough of WS-Management for a shell and one command at a time. It lets in one user, and
// PowerShell fails for the first time, as it does while Windows still sets itself up. Every other command prints itself.
type fakeWinRM struct {
	user, password string
	off            func() // the guest is told to power off; nil: it does not
	commands       atomic.Int32
	output         atomic.Value // string: of the command that was started last
}

var (
	soapAction  = regexp.MustCompile(`<(?:\w+:)?Action[^>]*>([^<]*/(\w+))</`)
	soapCommand = regexp.MustCompile(`(?s)<(?:\w+:)?Command>(.*?)</(?:\w+:)?Command>`)
)

const envelope = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
  xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell">
  <s:Header><a:Action>%sResponse</a:Action></s:Header><s:Body>%s</s:Body></s:Envelope>`

func (f *fakeWinRM) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if user, password, ok := r.BasicAuth(); !ok || user != f.user || password != f.password {
		w.Header().Set("WWW-Authenticate", "Basic")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, err := io.ReadAll(r.Body)
	action := soapAction.FindSubmatch(body)
	if err != nil || action == nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/soap+xml;charset=UTF-8")
	fmt.Fprintf(w, envelope, action[1], f.answer(string(action[2]), body))
}

func (f *fakeWinRM) answer(action string, body []byte) string {
	switch action {
	case "Create":
		return `<w:SelectorSet><w:Selector Name="ShellId">shell-1</w:Selector></w:SelectorSet>`
	case "Command":
		text := "?"
		if found := soapCommand.FindSubmatch(body); found != nil {
			text = strings.TrimPrefix(strings.TrimSuffix(string(found[1]), "]]>"), "<![CDATA[")
		}
		switch first := f.commands.Add(1) == 1; {
		case first:
			text = ""
		case strings.Contains(text, "Write-Output ready"):
			text = "ready\r\n"
		case strings.HasPrefix(text, "shutdown /s "):
			if f.off != nil {
				f.off()
			}
		}
		f.output.Store(text)
		return `<rsp:CommandResponse><rsp:CommandId>command-1</rsp:CommandId></rsp:CommandResponse>`
	case "Receive":
		code, text := 0, f.output.Load().(string)
		if text == "" {
			code = 1
		}
		return fmt.Sprintf(`<rsp:ReceiveResponse><rsp:Stream Name="stdout" CommandId="command-1">%s</rsp:Stream>`+
			`<rsp:CommandState CommandId="command-1" State="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Done">`+
			`<rsp:ExitCode>%d</rsp:ExitCode></rsp:CommandState></rsp:ReceiveResponse>`,
			base64.StdEncoding.EncodeToString([]byte(text)), code)
	default: // Signal, Delete
		return ""
	}
}
