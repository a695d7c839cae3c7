// Package wsman is the way into a Windows guest: the WinRM communicator of packer-plugin-sdk, with the replies of the service checked
// before its client sees them, and with large files sent in large pieces.
//
// The SDK's client copies a file as lines of a command processor, 6 KB in each, with a process on the guest for every one of them.
// Here one PowerShell on the guest reads the file from its standard input, which WS-Management carries in envelopes of up to 500 KB.
// Small files go as Packer sends them, and so does everything when the guest cannot do the other.
//
// No real Windows was tried: the tests have a service and a machine of their own, and a real PowerShell where there is one.
package wsman

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	sdk "github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/winrm"
	"github.com/masterzen/winrm"
)

// Communicator is a packersdk.Communicator whose Upload is fast. It is safe for concurrent use, as communicators must be.
type Communicator struct {
	packersdk.Communicator // the SDK's
	link
	note  func(string)
	plain atomic.Bool // the guest cannot take large pieces
}

// New connects to the service. Note is told, once, when the guest cannot take files in large pieces.
func New(config *sdk.Config, note func(string)) (*Communicator, error) {
	own := *config
	own.TransportDecorator = Transport(config.TransportDecorator)
	comm, err := sdk.New(&own)
	if err != nil {
		return nil, err
	}
	return Wrap(comm, config, note)
}

// Wrap is New for a connection that is there already: comm was made with this configuration.
func Wrap(comm packersdk.Communicator, config *sdk.Config, note func(string)) (*Communicator, error) {
	l, err := newLink(config)
	if err != nil {
		return nil, err
	}
	return &Communicator{Communicator: comm, link: l, note: note}, nil
}

// small is the size, in bytes, up to which a file goes as Packer sends it: a dozen commands, about as many as the other way takes.
const small = 64 << 10

// Upload implements packersdk.Communicator. As with Packer, folders are made, a path that ends in a backslash is a folder that the
// file goes into, and a path may have variables of PowerShell in it.
func (c *Communicator) Upload(path string, src io.Reader, info *os.FileInfo) error {
	if c.plain.Load() {
		return c.Communicator.Upload(path, src, info)
	}
	head := make([]byte, small+1)
	n, err := io.ReadFull(src, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return c.Communicator.Upload(path, bytes.NewReader(head[:n]), info)
	}
	if err != nil {
		return err
	}
	whole := func() io.Reader { return io.MultiReader(bytes.NewReader(head), src) }
	to := path
	if strings.HasSuffix(path, `\`) {
		if info == nil {
			return c.Communicator.Upload(path, whole(), info) // which says that the name is not known
		}
		to += filepath.Base((*info).Name())
	}
	err = c.link.upload(to, whole())
	var cannot *cannotError
	if !errors.As(err, &cannot) {
		return err
	}
	if cannot.guest && !c.plain.Swap(true) && c.note != nil {
		c.note(fmt.Sprintf("files go to this guest in small pieces, which is slow: %v", cannot.reason))
	}
	// No more than the head was read so far.
	return c.Communicator.Upload(path, whole(), info)
}

// link is the service as this package talks to it.
type link struct {
	client *winrm.Client
	post   winrm.Transporter
	url    string
	params *winrm.Parameters
}

// Bounds on what the service takes its time for.
const (
	// operation is how long it may keep a request before it says that there is nothing to say; the wire wants it in ISO 8601.
	operation = "PT20S"
	// patient is how long it may take to answer at all.
	patient = 2 * time.Minute
)

func newLink(config *sdk.Config) (link, error) {
	l := link{params: winrm.NewParameters(operation, "en-US", 150<<10)}
	l.params.TransportDecorator = func() winrm.Transporter {
		l.post = Transport(config.TransportDecorator)()
		return l.post
	}
	endpoint := winrm.NewEndpoint(config.Host, config.Port, config.Https, config.Insecure, nil, nil, nil, patient)
	to := url.URL{Scheme: "http", Host: net.JoinHostPort(config.Host, strconv.Itoa(config.Port)), Path: "/wsman"}
	if config.Https {
		to.Scheme = "https"
	}
	l.url = to.String()
	var err error
	l.client, err = winrm.NewClientWithParameters(endpoint, config.Username, config.Password, l.params)
	return l, err
}
