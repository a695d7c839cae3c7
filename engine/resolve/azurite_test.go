package resolve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/azureid"
	"github.com/ingot-build/ingot/internal/testtools"
	"github.com/ingot-build/ingot/translate/plan"
)

const reader = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"

// storageOptions find the account by its name in the cloud, at addr.
func storageOptions(t *testing.T, s *testtools.AzuriteServer, addr string) Options {
	t.Helper()
	o := options(t)
	o.Client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.CA}}}
	o.rename = func(asked string) string {
		if asked != s.Host+":443" {
			return "127.0.0.1:1" // nobody else is asked
		}
		return addr
	}
	return o
}

// managed gives this machine a managed identity, from a token endpoint of its own.
func managed(t *testing.T, s *testtools.AzuriteServer, valid time.Duration) (asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("X-Identity-Header") != "here" || !strings.HasPrefix(r.FormValue("mi_res_id"), reader) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"invalid_request","error_description":"Identity not found"}`)
			return
		}
		fmt.Fprintf(w, `{"access_token":%q,"expires_on":"%d","token_type":"Bearer"}`, s.Token(t, time.Now().Add(valid)), time.Now().Add(time.Hour).Unix())
	}))
	t.Cleanup(srv.Close)
	for _, name := range []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", azureid.ChoiceVariable} {
		t.Setenv(name, "")
	}
	t.Setenv("IDENTITY_ENDPOINT", srv.URL)
	t.Setenv("IDENTITY_HEADER", "here")
	return asked
}

// staged resolves one script with the template's identity, and gives all that was said.
func staged(t *testing.T, o Options, uri, checksum, identity string) (s Staged, said []string, found string) {
	t.Helper()
	p := shellPlan(uri, checksum)
	if identity != "" {
		p.Azure.Identities = []string{identity}
	}
	o.Say = func(line string) { said = append(said, line) }
	o.Staged = func(one Staged) { s = one }
	list, err := Contents(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		found += strings.Join([]string{string(d.Code), d.Summary, d.Why, d.Fix}, "|") + "\n"
	}
	return s, said, found
}

func TestAzurite(t *testing.T) {
	s := testtools.Azurite(t)
	s.Container(t, "public", true)
	s.Container(t, "private", false)
	for _, container := range []string{"public", "private"} {
		s.Put(t, container, "setup.sh", []byte(script))
	}
	t.Run("signatures", func(t *testing.T) { testSignatures(t, s) })
	t.Run("identity", func(t *testing.T) { testIdentity(t, s) })
	t.Run("bad line", func(t *testing.T) { testBadLine(t, s) })
}

func testSignatures(t *testing.T, s *testtools.AzuriteServer) {
	o := storageOptions(t, s, s.Addr)
	now := time.Now()
	signed := func(permissions string, begin, end time.Duration) string {
		return s.Signed("private", "setup.sh", permissions, now.Add(begin), now.Add(end))
	}
	good := signed("r", -time.Hour, time.Hour)
	at := strings.Index(good, "sig=") + len("sig=")
	flipped := "A"
	if good[at] == 'A' {
		flipped = "B"
	}
	tampered := good[:at] + flipped + good[at+1:]
	for _, tt := range []struct {
		name, uri, checksum string
		want                []string // in the finding; nil: resolved
	}{
		{"public", s.URL("public", "setup.sh"), "", nil},
		{"signed", good, sum(script), nil},
		{"signed, checksum in upper case", good, strings.ToUpper(sum(script)), nil},
		{"wrong checksum", good, strings.Repeat("0", 64), []string{"ING4006", sum(script)}},
		{"signature has ended", signed("r", -2*time.Hour, -time.Hour), "", []string{"ING4003", "ended on " + now.Add(-time.Hour).UTC().Format(time.RFC3339)}},
		{"signature has not begun", signed("r", time.Hour, 2*time.Hour), "", []string{"ING4003", "begins on"}},
		{"signature for writing", signed("w", -time.Hour, time.Hour), "", []string{"ING4003", `allows "w", and not to read`}},
		{"signature was changed", tampered, "", []string{"ING4003", "403", "generate-sas"}},
		{"no such blob", s.URL("public", "stup.sh"), "", []string{"ING4003", "BlobNotFound", "there is no such blob"}},
		{"private, and nobody asks", s.URL("private", "setup.sh"), "", []string{"ING4003", "403"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := o
			o.Cache = options(t).Cache
			got, said, found := staged(t, o, tt.uri, tt.checksum, "")
			if strings.Contains(found, "sig=") || strings.Contains(fmt.Sprint(said, got), "sig=") {
				t.Errorf("the signature is shown: %s %v %+v", found, said, got)
			}
			if tt.want == nil && (found != "" || got.SHA256 != sum(script) || got.From != FromNetwork) {
				t.Errorf("staged %+v, found %s", got, found)
			}
			for _, want := range tt.want {
				if !strings.Contains(found, want) {
					t.Errorf("%q is not in %q", want, found)
				}
			}
			if tt.want != nil && strings.Contains(found, "attempts") {
				t.Errorf("tried again: %s", found)
			}
		})
	}
	t.Run("a signature made anew finds what the cache has", func(t *testing.T) {
		staged(t, o, good, "", "")
		got, _, found := staged(t, o, signed("r", -2*time.Hour, 2*time.Hour), "", "")
		if got.From != FromCache || found != "" {
			t.Errorf("staged %+v, found %s", got, found)
		}
		o.Offline = true
		if got, said, found := staged(t, o, signed("r", -2*time.Hour, -time.Hour), "", ""); got.From != FromCache || found != "" || len(said) != 1 {
			t.Errorf("offline: staged %+v, said %q, found %s", got, said, found)
		}
	})
}

func testIdentity(t *testing.T, s *testtools.AzuriteServer) {
	o := storageOptions(t, s, s.Addr)
	t.Run("the template's", func(t *testing.T) {
		asked := managed(t, s, time.Hour)
		o.Identity = &azureid.Chain{}
		got, said, found := staged(t, o, s.URL("private", "setup.sh"), "", reader)
		who := "the managed identity " + reader
		if found != "" || got.SHA256 != sum(script) || got.As != who || asked.Load() != 1 {
			t.Errorf("staged %+v, found %s, tokens %d", got, found, asked.Load())
		}
		if want := s.Host + " is read as " + who; len(said) != 1 || said[0] != want {
			t.Errorf("said %q, want %q", said, want)
		}
	})
	t.Run("not needed for a public blob", func(t *testing.T) {
		asked := managed(t, s, time.Hour)
		o.Identity = &azureid.Chain{}
		got, said, found := staged(t, o, s.URL("public", "setup.sh"), "", reader+"-unused")
		if found != "" || got.As != "" || len(said) != 0 || asked.Load() != 0 {
			t.Errorf("staged %+v, found %s, said %q, tokens %d", got, found, said, asked.Load())
		}
	})
	t.Run("one that this machine does not have", func(t *testing.T) {
		managed(t, s, time.Hour)
		o.Identity = &azureid.Chain{}
		_, _, found := staged(t, o, s.URL("private", "setup.sh"), "", strings.Replace(reader, "reader", "nobody", 1))
		for _, want := range []string{"ING4003", "Identity not found", "assign that identity to this machine", "shared access signature"} {
			if !strings.Contains(found, want) {
				t.Errorf("%q is not in %q", want, found)
			}
		}
	})
	t.Run("a token that has ended", func(t *testing.T) {
		managed(t, s, -time.Hour)
		o.Identity = &azureid.Chain{}
		_, _, found := staged(t, o, s.URL("private", "setup.sh"), "", reader+"-late")
		if !strings.Contains(found, "does not take the token") || !strings.Contains(found, "read as the managed identity") {
			t.Errorf("found %s", found)
		}
	})
}

func TestTokensGoToStorageAccountsOnly(t *testing.T) {
	o := options(t)
	o.Identity = noIdentity{t}
	private := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("it got a token")
		}
		http.Error(w, "no", http.StatusForbidden)
	})
	addr := strings.TrimPrefix(private, "http://")
	o.rename = func(string) string { return addr }
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("it got a token")
		}
		http.Error(w, "no", http.StatusUnauthorized)
	}))
	t.Cleanup(secure.Close)
	trusting := options(t)
	trusting.Identity, trusting.Client = noIdentity{t}, secure.Client()
	if code, text := refused(t, trusting, secure.URL); code != CodeStatus {
		t.Errorf("%s: %s", code, text)
	}
	for _, uri := range []string{private + "/c/b", "http://acct.blob.core.windows.net/c/b", "http://acct.blob.core.windows.net.evil.example/c/b"} {
		if code, text := refused(t, o, uri); code != CodeStatus {
			t.Errorf("%s: %s", code, text)
		}
	}
}

// noIdentity must not be asked.
type noIdentity struct{ t *testing.T }

func (n noIdentity) StorageToken(context.Context, string) (string, string, error) {
	n.t.Error("a token was asked for")
	return "", "", errors.New("no")
}

// testBadLine cuts every connection after a while: each next one goes on where the last one broke.
func testBadLine(t *testing.T, s *testtools.AzuriteServer) {
	big := make([]byte, 9<<20)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(big)
	s.Put(t, "private", "big.bin", big)
	addr, connections := cutter(t, s.Addr, 2<<20)
	o := storageOptions(t, s, addr)
	var told []string
	p := shellPlan(s.Signed("private", "big.bin", "r", time.Now().Add(-time.Hour), time.Now().Add(time.Hour)), sum(string(big)))
	p.Steps = []plan.Step{{ID: "customize[0]", File: &plan.File{Content: p.Steps[0].Shell.Script, Destination: "/opt/big.bin"}}}
	var size int64
	o.wait = func(context.Context, time.Duration) error { return nil }
	o.Staged = func(s Staged) { size = s.Size }
	o.Progress = progressTo(&told)
	found, err := Contents(t.Context(), p, o)
	if err != nil || len(found) > 0 || size != int64(len(big)) {
		t.Fatalf("found %v, %v, %d bytes", found, err, size)
	}
	// What came before a cut is not sent again: five connections carry nine MiB by two.
	if n := connections.Load(); n < 5 || n > 6 {
		t.Errorf("%d connections, want 5", n)
	}
	if text := strings.Join(told, "\n"); !strings.Contains(text, "the connection was cut after") || strings.Contains(text, "sig=") {
		t.Errorf("told %s", text)
	}
}

// cutter is a line to addr that breaks after each n bytes of answers.
func cutter(t *testing.T, addr string, n int64) (at string, connections *atomic.Int32) {
	t.Helper()
	connections = new(atomic.Int32)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go func() {
				defer near.Close()
				far, err := net.Dial("tcp", addr)
				if err != nil {
					return
				}
				defer far.Close()
				go func() { _, _ = io.Copy(far, near) }()
				_, _ = io.CopyN(near, far, n)
			}()
		}
	}()
	return l.Addr().String(), connections
}
