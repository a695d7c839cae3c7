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
	"os"
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
	if g.opts.secure() {
		if listener, err = g.secured(listener); err != nil {
			return err
		}
	}
	go func() { g.served <- g.server.Serve(listener) }()
	return nil
}

// secured puts TLS on a listener, and the authority's certificate into a file.
func (g *Gateway) secured(l net.Listener) (net.Listener, error) {
	var err error
	if g.ca, err = newAuthority(); err == nil {
		var cert tls.Certificate
		if cert, err = g.ca.issue("127.0.0.1"); err == nil {
			if g.caFile, err = g.ca.write(g.opts.Dir); err == nil {
				g.own.Scheme = "https"
				return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}), nil
			}
			_ = os.Remove(g.caFile)
		}
	}
	_ = l.Close()
	return nil, fmt.Errorf("serve the azure plugin over TLS: %w", err)
}
