package wsman

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/masterzen/winrm"
	"github.com/masterzen/winrm/soap"
)

// dialTimeout bounds one attempt to connect, and the silence after which a connection is probed.
const dialTimeout = 30 * time.Second

// checked is a WinRM transport that looks at each reply before the client of the SDK does. That client panics on a reply that is no
// XML, in a goroutine of its own where nobody can recover; and it asks again at once, for ever, after a fault such as that of a shell
// that is gone.
type checked struct{ winrm.Transporter }

// Transport puts the check around the transport that make gives; nil for the one without NTLM.
func Transport(make func() winrm.Transporter) func() winrm.Transporter {
	return func() winrm.Transporter {
		if make == nil {
			return checked{winrm.NewClientWithDial((&net.Dialer{Timeout: dialTimeout, KeepAlive: dialTimeout}).Dial)}
		}
		return checked{make()}
	}
}

// WithoutProxy makes a transport that asks no proxy, whatever the environment says.
func WithoutProxy(ntlm bool) func() winrm.Transporter {
	direct := func(*http.Request) (*url.URL, error) { return nil, nil }
	return func() winrm.Transporter {
		if ntlm {
			return winrm.NewClientNTLMWithProxyFunc(direct)
		}
		return winrm.NewClientWithProxyFunc(direct)
	}
}

// Post implements winrm.Transporter.
func (c checked) Post(client *winrm.Client, request *soap.SoapMessage) (string, error) {
	reply, err := c.Transporter.Post(client, request)
	if err != nil {
		return "", err
	}
	if err := checkReply(reply); err != nil {
		return "", err
	}
	return reply, nil
}

// fault is what WS-Management answers when it does not do what it is asked for.
type fault struct {
	Code    string `xml:"Body>Fault>Code>Value"`
	Subcode string `xml:"Body>Fault>Code>Subcode>Value"`
	Reason  string `xml:"Body>Fault>Reason>Text"`
}

// checkReply returns an error for a reply that is no envelope, and for a fault. There is one fault that is part of the protocol: a
// command had nothing to say for a while.
func checkReply(reply string) error {
	d := xml.NewDecoder(strings.NewReader(reply))
	elements := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("the WinRM service answered with something that is no XML: %w: %.100q", err, reply)
		}
		if _, ok := token.(xml.StartElement); ok {
			elements++
		}
	}
	if elements == 0 {
		return fmt.Errorf("the WinRM service answered without an envelope: %.100q", reply)
	}
	var f fault
	if err := xml.Unmarshal([]byte(reply), &f); err != nil {
		return fmt.Errorf("the WinRM service answered with something else than an envelope: %w", err)
	}
	if f.Code == "" && f.Subcode == "" && f.Reason == "" || strings.Contains(reply, "OperationTimeout") {
		return nil
	}
	return fmt.Errorf("the WinRM service refused: %s (%s)", strings.Join(strings.Fields(f.Reason), " "), f.Subcode)
}
