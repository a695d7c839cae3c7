package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// upstream is the way to Azure: an http.RoundTripper that puts the Account's token on requests, and sends again what Azure turns away for
// its rate. It is the SDK's pipeline, with what the Account has in it, but for the retries of other failures: those are the plugin's.
type upstream struct {
	pipeline runtime.Pipeline
	wait     func(context.Context) error
	say      func(string)
}

// maxTurns is how often a request is sent that Azure turns away for its rate.
const maxTurns = 12

func newUpstream(o Options) *upstream {
	client := o.Account.Client
	client.Retry = policy.RetryOptions{MaxRetries: -1}
	client.Transport = straight(client.Transport)
	bearer := runtime.NewBearerTokenPolicy(signIn{o.Account.Credential}, []string{o.Account.Scope()}, nil)
	return &upstream{
		pipeline: runtime.NewPipeline("ingot", "", runtime.PipelineOptions{PerRetry: []policy.Policy{bearer}}, &client),
		wait:     o.Wait, say: o.Say,
	}
}

// shared is what all gateways of a process have that are given no transport: they keep the same connections.
var shared = sync.OnceValue(func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	t.MaxIdleConnsPerHost = 10
	return t
})

// straight is a transport that follows no redirection, as far as that can be told it: nobody but Resource Manager is to be asked.
func straight(t policy.Transporter) policy.Transporter {
	client, is := t.(*http.Client)
	switch {
	case t == nil:
		client = &http.Client{Transport: shared()}
	case is:
		changed := *client
		client = &changed
	default:
		return t
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}

// signIn marks the errors of a credential, to tell them from those of the network.
type signIn struct{ azcore.TokenCredential }

type signInError struct{ error }

func (e *signInError) Unwrap() error { return e.error }

func (s signIn) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := s.TokenCredential.GetToken(ctx, o)
	if err != nil {
		err = &signInError{err}
	}
	return token, err
}

// RoundTrip implements http.RoundTripper. The body is that of the call in the request's context.
func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, c := r.Context(), callOf(r.Context())
	for turn := 1; ; turn++ {
		if err := u.wait(ctx); err != nil {
			return nil, err
		}
		resp, err := u.send(r, c.body)
		if err == nil && turn == 1 && azurearm.Expired(resp) { // by Azure's clock, which is not this machine's
			_ = resp.Body.Close()
			continue
		}
		if err != nil || resp.StatusCode != http.StatusTooManyRequests || turn == maxTurns {
			return resp, err
		}
		pause, known := azurearm.RetryAfter(resp.Header)
		if !known {
			pause = min(time.Second<<turn, time.Minute)
		}
		_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection serves again
		_ = resp.Body.Close()
		u.say(fmt.Sprintf("Azure takes no more requests for %s: %s %s waits", pause.Round(time.Second/10), c.method, c.short()))
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// send sends it once. The caller reads the body, as it comes.
func (u *upstream) send(r *http.Request, body []byte) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.RequestURI, r.Body, r.ContentLength = "", nil, 0
	if len(body) > 0 {
		r.Body = streaming.NopCloser(bytes.NewReader(body))
	}
	req, err := runtime.NewRequestFromRequest(r)
	if err != nil {
		return nil, err
	}
	runtime.SkipBodyDownload(req)
	return u.pipeline.Do(req)
}

// maxAnswer is the longest body that is looked into.
const maxAnswer = 16 << 20

// ask is a GET of the gateway's own.
func (g *Gateway) ask(ctx context.Context, path, version string) (int, []byte, error) {
	return g.send(ctx, http.MethodGet, path, version)
}

// noReply tells the plugin that a request came to nothing.
func (g *Gateway) noReply(w http.ResponseWriter, r *http.Request, err error) {
	e := g.refusalOf(err)
	if r.Context().Err() == nil && e.code != codeAbsent { // else the plugin has hung up, or asked whether a thing is there
		g.failures.refused(callOf(r.Context()), e)
	}
	e.write(w)
}

// refusalOf is what the plugin is told of an error.
func (g *Gateway) refusalOf(err error) *refusal {
	var token *signInError
	var e *refusal
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &token): // trying again does not help: no status that the plugin retries
		return refuse(http.StatusForbidden, codeSignIn, "sign in to Azure: %s", firstLine(token.error))
	}
	return refuse(http.StatusBadGateway, codeUnreachable, "%s gave no answer: %s", g.manager.Host, firstLine(err))
}

func firstLine(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
