package azuresim

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Sim is an emulated Azure that is running. Its methods are safe for concurrent use.
type Sim struct {
	opts   Options
	key    []byte // of tokens
	secure listener
	plain  listener
	ca     *authority
	caFile string

	// mu is held while a request looks at or changes anything below; never while a long operation works or waits.
	mu         sync.Mutex
	store      *store
	operations map[string]*operation
	registered map[string]bool // providers, by subscription and name in lower case
	used       map[string]int  // private addresses by subnet

	faults  faults
	journal journal

	working sync.WaitGroup
	ctx     context.Context // of long operations; ends with the Sim
	cancel  context.CancelFunc
}

// Start starts one. Close ends it.
func Start(o Options) (*Sim, error) {
	o.fill()
	s := &Sim{
		opts: o, key: randomBytes(32), store: newStore(), operations: map[string]*operation{}, registered: map[string]bool{},
		used: map[string]int{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.faults.set(o.Faults)
	for _, sub := range o.Subscriptions {
		s.addSubscription(sub)
	}
	var err error
	if s.ca, err = newAuthority(); err != nil {
		return nil, err
	}
	if s.caFile, err = s.ca.write(o.Dir); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		_ = os.Remove(s.caFile)
		return nil, err
	}
	return s, nil
}

// Close ends the listeners, what was under way, and all guests.
func (s *Sim) Close() error {
	s.cancel()
	err := errors.Join(s.secure.Close(), s.plain.Close())
	s.working.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.store.list(func(r *resource) bool { return r.guest != nil }) {
		s.destroyGuest(r)
	}
	for _, r := range s.store.list(func(*resource) bool { return true }) {
		s.dropDisk(r)
	}
	return errors.Join(err, os.Remove(s.caFile))
}

// URL is where Azure Resource Manager listens, over HTTPS: "https://127.0.0.1:40001".
func (s *Sim) URL() string { return "https://" + s.secure.addr.String() }

// PlainURL is the same without TLS.
func (s *Sim) PlainURL() string { return "http://" + s.plain.addr.String() }

// CAFile is a PEM file with the one certificate that clients have to trust.
func (s *Sim) CAFile() string { return s.caFile }

// MetadataHost is what the plugin's metadata_host has to be: an address with its scheme from 2.0 on, and before that
// host and port alone.
func (s *Sim) MetadataHost(pluginVersion string) string {
	if major, _, _ := strings.Cut(pluginVersion, "."); major == "0" || major == "1" {
		return s.secure.addr.String()
	}
	return s.URL()
}

// Client is an HTTP client that trusts the emulator and finds its vaults and storage accounts.
func (s *Sim) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{Proxy: s.proxyFor, TLSClientConfig: s.ca.clientConfig()}}
}

// Environ is what a program needs to talk to the emulator and to nobody else: "NAME=VALUE" each. The proxy finds vaults
// and storage accounts, and refuses every other name.
func (s *Sim) Environ() []string {
	return []string{
		"ARM_METADATA_URL=" + s.URL(), // of the plugin from 2.0 on
		"ARM_METADATA_HOSTNAME=" + s.secure.addr.String(),
		"SSL_CERT_FILE=" + s.caFile,
		"HTTPS_PROXY=" + s.PlainURL(), "https_proxy=" + s.PlainURL(),
		"HTTP_PROXY=" + s.PlainURL(), "http_proxy=" + s.PlainURL(),
		"NO_PROXY=127.0.0.0/8,localhost", "no_proxy=127.0.0.0/8,localhost",
		"AZURE_AUTHORITY_HOST=" + s.URL() + "/", "AZURE_TENANT_ID=" + s.opts.TenantID,
		"AZURE_SUBSCRIPTION_ID=" + s.opts.Subscriptions[0],
		"IDENTITY_ENDPOINT=" + s.PlainURL() + "/msi/token", "IDENTITY_HEADER=" + identityHeader,
		"GO_AZURE_SDK_SKIP_POLLING_DELAY=true",
	}
}

// Resources are the ids of all resources that are there, the oldest first, but for subscriptions.
func (s *Sim) Resources() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, r := range s.store.list(func(r *resource) bool { return !r.id.Is(subscriptionType) }) {
		ids = append(ids, r.id.String())
	}
	return ids
}

// Resource is the document of a resource as a reader sees it; nil if there is none.
func (s *Sim) Resource(id string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.store.find(id)
	if r == nil {
		return nil
	}
	return s.show(r, nil)
}

// Lose makes a virtual machine vanish, as one does that was deleted behind everybody's back: its disks and interfaces
// stay. It reports whether there was one.
func (s *Sim) Lose(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.store.find(id)
	if r == nil || !r.id.Is(vmType) {
		return false
	}
	s.forget(r)
	return true
}

// forget takes a resource and what is inside it out of the store.
func (s *Sim) forget(r *resource) {
	for _, child := range slices.Backward(s.store.inside(r.id)) {
		s.forgetOne(child)
	}
	s.forgetOne(r)
}

func (s *Sim) forgetOne(r *resource) {
	s.store.remove(r.id)
	s.destroyGuest(r)
	s.dropDisk(r)
	if r.kind != nil && r.kind.removed != nil {
		r.kind.removed(s, r)
	}
}

// normal is a place as it is compared: "West Europe" and "westeurope" are one.
func normal(place string) string { return strings.ToLower(strings.ReplaceAll(place, " ", "")) }

// stamp is a time as it is on the wire.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }
