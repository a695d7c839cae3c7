package testtools

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// AzuriteVersion is the version that .ci/tools installs. A test holds it against the package.json there.
const AzuriteVersion = "3.37.0"

// AzuriteServer is a storage account on this machine: Azurite's blob service, over HTTPS, in memory. It checks signatures and the claims of
// tokens, but no token's own signature and no role.
type AzuriteServer struct {
	Account string
	Host    string         // ACCOUNT.blob.core.windows.net, which its certificate is for; nobody but Addr answers to it
	Addr    string         // 127.0.0.1:PORT
	CA      *x509.CertPool // knows its certificate

	key    []byte
	client *http.Client
}

// sasVersion is the version of the signatures made here.
const sasVersion = "2021-12-02"

var azuriteReady = regexp.MustCompile(`listens on https://(\S+)`)

// AzuriteProgram is the path of Azurite's blob service. Without an installation the test skips.
func AzuriteProgram(t testing.TB) string {
	t.Helper()
	program, err := FindAzurite()
	if err != nil {
		t.Skip(err)
	}
	return program
}

// FindAzurite is AzuriteProgram for those that are no tests. The error says how to have it.
func FindAzurite() (string, error) {
	dir, err := cache()
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "azurite-v"+AzuriteVersion, "node_modules", ".bin", "azurite-blob")
	if _, err := os.Stat(program); err != nil {
		return "", fmt.Errorf("azurite v%s is not installed: %w\n  fix:  .ci/tools/build azurite", AzuriteVersion, err)
	}
	if _, err := exec.LookPath("node"); err != nil {
		return "", fmt.Errorf("azurite needs node: %w", err)
	}
	return program, nil
}

// Azurite starts one for a test. Without an installation the test skips.
func Azurite(t testing.TB) *AzuriteServer {
	t.Helper()
	program := AzuriteProgram(t)
	s := &AzuriteServer{Account: "ingottest", key: make([]byte, 64)}
	s.Host = s.Account + ".blob.core.windows.net"
	_, _ = rand.Read(s.key) // never fails
	cert, key := s.certificate(t)
	cmd := exec.Command(program, "--disableTelemetry", "--inMemoryPersistence", "--blobHost", "127.0.0.1", "--blobPort", "0",
		"--cert", cert, "--key", key, "--oauth", "basic")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "AZURITE_ACCOUNTS="+s.Account+":"+base64.StdEncoding.EncodeToString(s.key), "NODE_NO_WARNINGS=1")
	s.start(t, cmd)
	s.client = s.Client()
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// start runs Azurite until the end of the test, and waits until it listens.
func (s *AzuriteServer) start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // not left behind by a test that was killed
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if m := azuriteReady.FindStringSubmatch(lines.Text()); m != nil {
			s.Addr = m[1]
			go func() { _, _ = io.Copy(io.Discard, out) }() // it logs each request
			return
		}
	}
	t.Fatalf("azurite ended before it listened: %s", said.String())
}

// certificate makes one, and writes it and its key to files.
func (s *AzuriteServer) certificate(t testing.TB) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "azurite"}, DNSNames: []string{s.Host},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.CA = x509.NewCertPool()
	s.CA.AppendCertsFromPEM(cert)
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, text := range map[string][]byte{certFile: cert, keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// Client reaches the server by its Host, and nobody else.
func (s *AzuriteServer) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: s.CA},
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr != s.Host+":443" {
				return nil, fmt.Errorf("only %s is reached here, not %s", s.Host, addr)
			}
			return new(net.Dialer).DialContext(ctx, network, s.Addr)
		},
	}}
}

// URL is the address of a blob.
func (s *AzuriteServer) URL(container, blob string) string {
	return "https://" + s.Host + "/" + container + "/" + url.PathEscape(blob)
}

// Container makes a container; a public one lets everybody read its blobs.
func (s *AzuriteServer) Container(t testing.TB, name string, public bool) {
	t.Helper()
	header := http.Header{}
	if public {
		header.Set("X-Ms-Blob-Public-Access", "blob")
	}
	s.put(t, name, url.Values{"restype": {"container"}}, header, nil)
}

// Put uploads a blob.
func (s *AzuriteServer) Put(t testing.TB, container, blob string, data []byte) {
	t.Helper()
	s.put(t, container+"/"+url.PathEscape(blob), url.Values{}, http.Header{"X-Ms-Blob-Type": {"BlockBlob"}}, data)
}

func (s *AzuriteServer) put(t testing.TB, path string, q url.Values, header http.Header, data []byte) {
	t.Helper()
	for name, value := range s.accountSignature() {
		q[name] = value
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://"+s.Host+"/"+path+"?"+q.Encode(), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	req.Header.Set("X-Ms-Version", sasVersion)
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("put %s: %s: %s", path, resp.Status, text)
	}
}

// accountSignature is one that may do everything.
//
// Reference: https://learn.microsoft.com/rest/api/storageservices/create-account-sas
func (s *AzuriteServer) accountSignature() url.Values {
	end := signatureTime(time.Now().Add(time.Hour))
	const permissions, services, types = "racwdl", "b", "sco"
	sig := s.sign(s.Account, permissions, services, types, "", end, "", "https", sasVersion, "", "")
	return url.Values{"sv": {sasVersion}, "ss": {services}, "srt": {types}, "sp": {permissions}, "se": {end}, "spr": {"https"}, "sig": {sig}}
}

// Signed is the address of a blob with a shared access signature that allows permissions ("r" to read) between two times.
//
// Reference: https://learn.microsoft.com/rest/api/storageservices/create-service-sas
func (s *AzuriteServer) Signed(container, blob, permissions string, begin, end time.Time) string {
	st, se := signatureTime(begin), signatureTime(end)
	resource := "/blob/" + s.Account + "/" + container + "/" + blob
	// Identifier, IP, protocol; snapshot, encryption scope, and the five headers that a signature may set.
	sig := s.sign(permissions, st, se, resource, "", "", "https", sasVersion, "b", "", "", "", "", "", "", "")
	q := url.Values{"sv": {sasVersion}, "sr": {"b"}, "sp": {permissions}, "st": {st}, "se": {se}, "spr": {"https"}, "sig": {sig}}
	return s.URL(container, blob) + "?" + q.Encode()
}

func (s *AzuriteServer) sign(fields ...string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(strings.Join(fields, "\n")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func signatureTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Token is a bearer token that the server takes until end. It is signed by nobody, and nobody looks.
func (s *AzuriteServer) Token(t testing.TB, end time.Time) string {
	t.Helper()
	const tenant = "11111111-1111-1111-1111-111111111111"
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return strings.Join([]string{
		part(map[string]string{"alg": "RS256", "typ": "JWT"}),
		part(map[string]any{"aud": "https://storage.azure.com", "iss": "https://sts.windows.net/" + tenant + "/",
			"iat": time.Now().Add(-2 * time.Hour).Unix(), "nbf": time.Now().Add(-2 * time.Hour).Unix(), "exp": end.Unix()}),
		base64.RawURLEncoding.EncodeToString([]byte("nobody")),
	}, ".")
}
