package wsman

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/packer-plugin-sdk/uuid"
	"github.com/masterzen/winrm"
	"github.com/masterzen/winrm/soap"
)

// shell is an open shell of the service, and process a command line that runs in it. Neither is safe for concurrent use.
type (
	shell struct {
		link
		id string
	}
	process struct {
		*shell
		id             string
		stdout, stderr strings.Builder // what it has said and nobody has taken away
		done           bool
		exit           int
	}
)

// open opens a shell. The caller closes it, which ends what runs in it.
func (l link) open() (*shell, error) {
	request := winrm.NewOpenShellRequest(l.url, l.params)
	reply, err := l.post.Post(l.client, request)
	if err != nil {
		return nil, err
	}
	id, err := winrm.ParseOpenShellResponse(reply)
	return &shell{link: l, id: id}, err
}

func (s *shell) close() {
	// A connection that is lost has lost the shell too, and the service closes it when nobody asks for it.
	_, _ = s.post.Post(s.client, winrm.NewDeleteShellRequest(s.url, s.id, s.params))
}

const (
	actionCommand = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command"
	resource      = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
	anonymous     = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
)

// start runs a command line whose standard input is a pipe. The client of the SDK asks for a console there, which takes lines of a few
// thousand characters. The line may have no "]]>" in it.
// Reference: https://learn.microsoft.com/openspecs/windows_protocols/ms-wsmv, WINRS_CONSOLEMODE_STDIN
func (s *shell) start(line string) (*process, error) {
	message := soap.NewMessage()
	message.Header().To(s.url).ReplyTo(anonymous).MaxEnvelopeSize(s.params.EnvelopeSize).Id("uuid:" + uuid.TimeOrderedUUID()).
		Locale(s.params.Locale).Timeout(s.params.Timeout).Action(actionCommand).ResourceURI(resource).ShellId(s.id).
		AddOption(soap.NewHeaderOption("WINRS_CONSOLEMODE_STDIN", "FALSE")).
		AddOption(soap.NewHeaderOption("WINRS_SKIP_CMD_SHELL", "FALSE")).
		Build()
	body := message.CreateBodyElement("CommandLine", soap.DOM_NS_WIN_SHELL)
	message.CreateElement(body, "Command", soap.DOM_NS_WIN_SHELL).SetContent("<![CDATA[" + line + "]]>")
	reply, err := s.post.Post(s.client, message)
	if err != nil {
		return nil, err
	}
	id, err := winrm.ParseExecuteCommandResponse(reply)
	return &process{shell: s, id: id}, err
}

// send gives the process input; end tells that it was the last.
func (p *process) send(input []byte, end bool) error {
	reply, err := p.post.Post(p.client, winrm.NewSendInputRequest(p.url, p.shell.id, p.id, input, end, p.params))
	if err == nil && !strings.Contains(reply, "SendResponse") {
		err = errors.New("the WinRM service did not take what was sent within its time") // the only fault that goes for a reply
	}
	return err
}

// receive takes what the process has said since, or that it has ended. It waits for that, for a while.
func (p *process) receive() error {
	reply, err := p.post.Post(p.client, winrm.NewGetOutputRequest(p.url, p.shell.id, p.id, "stdout stderr", p.params))
	if err != nil {
		return err
	}
	var stderr strings.Builder
	p.done, p.exit, err = winrm.ParseSlurpOutputErrResponse(reply, &p.stdout, &stderr)
	if room := complaint - p.stderr.Len(); room > 0 {
		_, _ = io.WriteString(&p.stderr, stderr.String()[:min(room, stderr.Len())])
	}
	return err
}

// complaint is how much of what a process complains about is kept, in bytes.
const complaint = 2 << 10

// ended says how a process came to its end that should not have.
func (p *process) ended() error {
	text := strings.Join(strings.Fields(p.stderr.String()), " ")
	if text == "" {
		return fmt.Errorf("PowerShell ended with exit code %d", p.exit)
	}
	return fmt.Errorf("PowerShell ended with exit code %d: %s", p.exit, text)
}
