package winrmserver

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Name spaces and actions on the wire.
const (
	nsSOAP     = "http://www.w3.org/2003/05/soap-envelope"
	nsAddress  = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	nsWSMan    = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
	nsShell    = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
	nsTransfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
	nsFault    = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
	nsIdentify = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"

	faultActionURI = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
	cmdShell       = nsShell + "/cmd" // the only kind of shell here
)

// envelope is a request, as far as the service looks at it.
type envelope struct {
	XMLName xml.Name `xml:"http://www.w3.org/2003/05/soap-envelope Envelope"`
	Header  struct {
		Action           string `xml:"http://schemas.xmlsoap.org/ws/2004/08/addressing Action"`
		MessageID        string `xml:"http://schemas.xmlsoap.org/ws/2004/08/addressing MessageID"`
		ResourceURI      string `xml:"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd ResourceURI"`
		MaxEnvelopeSize  int    `xml:"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd MaxEnvelopeSize"`
		OperationTimeout string `xml:"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd OperationTimeout"`
		Selectors        struct {
			List []named `xml:"Selector"`
		} `xml:"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd SelectorSet"`
	} `xml:"http://www.w3.org/2003/05/soap-envelope Header"`
	Body struct {
		Identify *struct{}    `xml:"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd Identify"`
		Shell    *shellBody   `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Shell"`
		Command  *commandBody `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell CommandLine"`
		Receive  *receiveBody `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Receive"`
		Send     *sendBody    `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Send"`
		Signal   *signalBody  `xml:"http://schemas.microsoft.com/wbem/wsman/1/windows/shell Signal"`
	} `xml:"http://www.w3.org/2003/05/soap-envelope Body"`
}

type named struct {
	Name  string `xml:"Name,attr"`
	Value string `xml:",chardata"`
}

type shellBody struct {
	WorkingDirectory string
	Environment      struct {
		Variables []named `xml:"Variable"`
	}
}

type commandBody struct {
	Command   string
	Arguments []string
}

type receiveBody struct {
	DesiredStream struct {
		CommandID string `xml:"CommandId,attr"`
	}
}

type sendBody struct {
	Streams []struct {
		CommandID string `xml:"CommandId,attr"`
		End       bool   `xml:"End,attr"`
		Data      string `xml:",chardata"` // base64
	} `xml:"Stream"`
}

type signalBody struct {
	CommandID string `xml:"CommandId,attr"`
	Code      string
}

// shellID is the selector that names the shell a request is for.
func (e *envelope) shellID() string {
	for _, s := range e.Header.Selectors.List {
		if s.Name == "ShellId" {
			return strings.TrimSpace(s.Value)
		}
	}
	return ""
}

// parse reads a request. Reading stops at the first thing that is wrong, and nesting is bounded by package xml.
func parse(body []byte) (*envelope, error) {
	var e envelope
	d := xml.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&e); err != nil {
		return nil, err
	}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return &e, nil
		}
		if err != nil {
			return nil, err
		}
		if text, ok := token.(xml.CharData); !ok || len(bytes.TrimSpace(text)) > 0 {
			return nil, errors.New("something follows the envelope")
		}
	}
}

// seconds reads a duration as XML Schema writes it, as far as clients do: PT60S, PT1M30.5S, P0DT0H5M0S. Anything else, and
// anything out of bounds, is a minute.
func seconds(text string) time.Duration {
	const usual, longest = time.Minute, 24 * time.Hour
	day, clock, ok := strings.Cut(text, "T")
	if !ok || day != "P" && day != "P0D" && day != "P0Y0M0D" && day != "P0DT" {
		return usual
	}
	d, err := time.ParseDuration(strings.ToLower(clock))
	if err != nil || d <= 0 || d > longest {
		return usual
	}
	return d
}

// reply is an answer: its HTTP status and the envelope.
type reply struct {
	status int
	text   string
}

// answer is the good reply to a request. The body is XML already, its texts escaped.
func (e *envelope) answer(action, body string) reply {
	return reply{200, e.wrap(action, body)}
}

func (e *envelope) wrap(action, body string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="utf-8"?>`+
		`<s:Envelope xml:lang="en-US" xmlns:s="%s" xmlns:a="%s" xmlns:w="%s" xmlns:rsp="%s" xmlns:x="%s" xmlns:p="%s">`+
		`<s:Header><a:Action>%s</a:Action><a:MessageID>uuid:%s</a:MessageID>`+
		`<a:To>%s/role/anonymous</a:To><a:RelatesTo>%s</a:RelatesTo></s:Header><s:Body>%s</s:Body></s:Envelope>`,
		nsSOAP, nsAddress, nsWSMan, nsShell, nsTransfer, "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
		action, newID(), nsAddress, escape(e.Header.MessageID), body)
}

// A fault is a reply that says why not. The codes are those of Windows, which clients look at.
type fault struct {
	code    uint32
	subcode string // of WS-Management or WS-Addressing, with its prefix: w:TimedOut
	text    string
}

func (f *fault) Error() string { return fmt.Sprintf("%s (%#x)", f.text, f.code) }

var (
	faultTimeout = &fault{0x80338029, "w:TimedOut",
		"The WS-Management service cannot complete the operation within the time specified in OperationTimeout."}
	faultNoShell = &fault{0x8033805B, "w:InvalidSelectors",
		"The request for the Windows Remote Shell failed because the shell was not found on the server."}
	faultNoCommand = &fault{0x80338061, "w:InvalidSelectors",
		"The Windows Remote Shell received a request for a command that does not exist."}
	faultAborted = &fault{995, "w:OperationAborted",
		"The I/O operation has been aborted because of either a thread exit or an application request."}
	faultSchema = &fault{0x80338041, "w:SchemaValidationError", "The SOAP XML in the message does not match the expected schema."}
	faultAction = &fault{0x8033801F, "a:ActionNotSupported", "The WS-Management service does not support the action."}
	faultQuota  = &fault{0x803381A6, "w:QuotaLimit",
		"The WS-Management service cannot process the request. The maximum number of concurrent shells for this user has been exceeded."}
	faultSize = &fault{0x80338057, "w:EncodingLimit",
		"The WS-Management service cannot process the request because its size exceeds the maximum envelope size."}
	faultResource = &fault{0x80338000, "a:DestinationUnreachable", "The resource URI is not one of this service."}
)

// errLeaving is no reply: a machine that goes down cuts the connection.
var errLeaving = &fault{text: "the machine goes down"}

func (e *envelope) fail(f *fault) reply {
	if f == errLeaving {
		panic(http.ErrAbortHandler)
	}
	return reply{500, e.wrap(faultActionURI, fmt.Sprintf(
		`<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>%s</s:Value></s:Subcode></s:Code>`+
			`<s:Reason><s:Text xml:lang="en-US">%s</s:Text></s:Reason>`+
			`<s:Detail><f:WSManFault xmlns:f="%s" Code="%d" Machine="%s"><f:Message>%[2]s</f:Message></f:WSManFault></s:Detail></s:Fault>`,
		f.subcode, escape(f.text), nsFault, f.code, computer))}
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder takes everything
	return b.String()
}
