package winrmserver_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/masterzen/winrm"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

const (
	user     = "packer"
	password = "Pä$$w0rd" // not ASCII: NTLM hashes UTF-16, Basic sends UTF-8
)

// start puts a service in front of a new machine.
func start(t *testing.T, opts winrmserver.Options) (*winrmserver.Server, *winguest.Machine) {
	t.Helper()
	m := winguest.New(user, password)
	opts.User, opts.Password = user, password
	s, err := winrmserver.Start(m, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	m.Down = func() func() {
		back := s.Restart(200 * time.Millisecond)
		return func() {
			if err := back(); err != nil {
				t.Error(err)
			}
		}
	}
	return s, m
}

// client is masterzen's, which Packer is made of, with a login by NTLM if wanted.
func client(t *testing.T, s *winrmserver.Server, ntlm bool, change func(*winrm.Endpoint, *winrm.Parameters, *string)) *winrm.Client {
	t.Helper()
	params := *winrm.DefaultParameters
	if ntlm {
		params.TransportDecorator = func() winrm.Transporter { return &winrm.ClientNTLM{} }
	}
	endpoint := winrm.NewEndpoint("127.0.0.1", s.Port(), strings.HasPrefix(s.Endpoint(), "https"), true, nil, nil, nil, time.Minute)
	word := password
	if change != nil {
		change(endpoint, &params, &word)
	}
	c, err := winrm.NewClientWithParameters(endpoint, user, word, &params)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ran is what a command came to.
type ran struct {
	Stdout, Stderr string
	Exit           int
}

func execute(t *testing.T, c *winrm.Client, line, stdin string) (ran, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	exit, err := c.RunWithContextWithInput(ctx, line, &stdout, &stderr, strings.NewReader(stdin))
	return ran{stdout.String(), stderr.String(), exit}, err
}

// refused reports whether the service gave a fault with this text. The client's own error does not show it.
func refused(err error, text string) bool {
	var fault *winrm.ExecuteCommandError
	return errors.As(err, &fault) && strings.Contains(fault.Body, text)
}

// encoded is a script as powershell.exe takes it on its command line.
func encoded(script string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(script)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return "powershell.exe -EncodedCommand " + base64.StdEncoding.EncodeToString(b)
}
