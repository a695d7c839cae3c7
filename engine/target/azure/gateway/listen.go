package gateway

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"time"
)

// quiet takes what net/http would write to standard error: hang-ups of a plugin, mostly.
var quiet = log.New(io.Discard, "", 0)

// listen starts to serve on a free port of the loopback address.
func (g *Gateway) listen() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the azure plugin: %w", err)
	}
	g.own = &url.URL{Scheme: "http", Host: listener.Addr().String()}
	g.server = &http.Server{
		Handler: http.HandlerFunc(g.serve), ErrorLog: quiet,
		ReadHeaderTimeout: 20 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		Protocols:   new(http.Protocols),
		BaseContext: func(net.Listener) context.Context { return g.ctx },
	}
	g.server.Protocols.SetHTTP1(true)
	if !g.opts.secure() {
		go func() { g.served <- g.server.Serve(listener) }()
		return nil
	}
	config, err := g.secured()
	if err != nil {
		_ = listener.Close()
		return fmt.Errorf("serve the azure plugin over TLS: %w", err)
	}
	g.own.Scheme, g.vaults = "https", newHandover(listener.Addr())
	go func() { g.served <- g.server.Serve(tls.NewListener(listener, config)) }()
	go func() { _ = g.server.Serve(tls.NewListener(g.vaults, config)) }() // ends with the other
	return nil
}

// secured makes an authority, puts its certificate into a file, and has it vouch for the gateway and for vaults.
func (g *Gateway) secured() (*tls.Config, error) {
	var err error
	if g.ca, err = newAuthority(); err != nil {
		return nil, err
	}
	own, err := g.ca.issue("127.0.0.1")
	if err != nil {
		return nil, err
	}
	if g.caFile, err = g.ca.write(g.opts.Dir); err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if vaultOf(h.ServerName) == "" {
			return &own, nil
		}
		cert, err := g.ca.issue(h.ServerName)
		return &cert, err
	}}, nil
}
