package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

// Cloud is the name that the gateway has as a cloud. No client knows it, so that one which does not reach the gateway has nowhere to go:
// the plugin falls back to the public Azure under a name that it knows.
const Cloud = "IngotGateway"

// Gateway is one that is running. Its methods are safe for concurrent use.
type Gateway struct {
	opts    Options
	manager *url.URL // of Azure: https://management.azure.com
	own     *url.URL // of the gateway: http://127.0.0.1:40001

	keys     keys
	who      principal
	suffixes suffixes
	ca       *authority // this and the next two are nil or "" without TLS
	caFile   string
	vaults   *handover // connections to key vaults

	server   *http.Server
	proxy    *httputil.ReverseProxy
	upstream *upstream
	pace     *pacer
	ledger   ledger
	removals removals
	failures failures

	ctx    context.Context // of what is under way; ends when Close has waited long enough
	cancel context.CancelFunc
	served chan error
	once   sync.Once
}

// Start starts one, and finds out who the Account is. ctx is for that alone: a build that is cancelled still needs its gateway to clean up.
func Start(ctx context.Context, o Options) (*Gateway, error) {
	manager, err := o.fill()
	if err != nil {
		return nil, err
	}
	g := &Gateway{opts: o, manager: manager, keys: newKeys(), pace: newPacer(o.Poll), served: make(chan error, 1)}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.ledger = newLedger(o.Known)
	g.upstream = newUpstream(o)
	g.proxy = &httputil.ReverseProxy{
		Rewrite: g.rewriteRequest, Transport: g.upstream, ModifyResponse: g.reply, ErrorHandler: g.noReply, ErrorLog: quiet,
	}
	if g.who, err = g.whoami(ctx); err == nil {
		g.suffixes, err = g.askSuffixes(ctx)
	}
	if err == nil {
		err = g.listen()
	}
	if err != nil {
		g.cancel()
		return nil, err
	}
	return g, nil
}

// closing is how long Close waits for what is under way.
const closing = 15 * time.Second

// removing is how long Close waits for deletions where nobody says it. A virtual machine takes a minute or two.
const removing = 10 * time.Minute

// Close ends the gateway: it takes no more requests, waits a while for those under way and for deletions, and looks whether what was
// deleted is gone. A second Close does nothing.
func (g *Gateway) Close() error {
	var err error
	g.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closing)
		defer cancel()
		err = g.server.Shutdown(ctx)
		if err != nil {
			err = fmt.Errorf("requests to Azure were under way for %s after the build, and are given up", closing)
		} else {
			g.settle(ctx)
		}
		patience := time.AfterFunc(cmp.Or(g.opts.Patience, removing), g.cancel)
		g.removals.left.Wait()
		patience.Stop()
		g.cancel()
		err = errors.Join(err, g.server.Close())
		if e := <-g.served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		if g.caFile != "" {
			err = errors.Join(err, os.Remove(g.caFile))
		}
	})
	return err
}

// Variables are the variables of the Packer template that make the plugin use the gateway. The secret among them is worth something to
// nobody but the gateway.
func (g *Gateway) Variables() map[string]string {
	host := g.own.String()
	if g.opts.secure() {
		host = g.own.Host // https goes without saying
	}
	return map[string]string{
		"client_id": g.who.client, "client_secret": g.keys.secret, "tenant_id": g.who.tenant, "subscription_id": g.opts.Account.Subscription,
		"cloud_environment_name": Cloud, "metadata_host": host,
	}
}

// credentials are variables of the environment that hold secrets of an account in Azure, or lead to tokens.
var credentials = []string{
	"ARM_ACCESS_KEY", "ARM_CLIENT_CERTIFICATE", "ARM_CLIENT_CERTIFICATE_PASSWORD", "ARM_CLIENT_SECRET", "ARM_OIDC_REQUEST_TOKEN",
	"ARM_OIDC_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_CLIENT_SECRET",
	"AZURE_FEDERATED_TOKEN_FILE", "AZURE_PASSWORD", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN",
	"IDENTITY_HEADER", "MSI_SECRET", "SYSTEM_ACCESSTOKEN",
}

// Environ is what goes into the plugin's environment, after what is there: "NAME=VALUE" each. It takes out what others sign in to Azure
// with.
func (g *Gateway) Environ() []string {
	env := []string{
		"GO_AZURE_SDK_SKIP_POLLING_DELAY=true",
		"ARM_METADATA_URL=" + g.own.String(), "ARM_METADATA_HOSTNAME=" + g.own.Host, // a template that names no metadata_host
	}
	for _, name := range credentials {
		env = append(env, name+"=")
	}
	if g.opts.secure() {
		// The proxy is for key vaults, which the old plugin asks by their name. A loopback address is reached without one.
		env = append(env, "SSL_CERT_FILE="+g.caFile, "HTTPS_PROXY="+g.own.String(), "https_proxy="+g.own.String(),
			"NO_PROXY=", "no_proxy=")
	}
	return env
}

// LastError is the last call that Azure refused and that was not made good later; of those before the plugin cleaned up, if there is one.
// It is nil when all went well. A thing that is looked for and not there is no error.
func (g *Gateway) LastError() *Failure { return g.failures.last() }

// within gives a request's context another end: that of the gateway.
func (g *Gateway) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(g.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// isOwn reports whether a Host header names the gateway. A web page that has its own name point here does not get in.
func (g *Gateway) isOwn(host string) bool {
	name, port, err := net.SplitHostPort(host)
	return err == nil && port == g.own.Port() && (name == g.own.Hostname() || strings.EqualFold(name, "localhost"))
}
