package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestAzureSim starts an emulator, asks it something, and ends it as Ctrl-C does: nothing is left of it.
func TestAzureSim(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	read, write := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		env := Env{Stdin: strings.NewReader(""), Stdout: write, Stderr: &stderr, Getenv: func(string) string { return "" }}
		ended <- Main(ctx, env, []string{"azure-sim", "--guest", "none", "--output", "json", "--fault", "GET */nothing status=418"})
		_ = write.Close()
	}()
	var report azureSimReport
	if err := json.NewDecoder(read).Decode(&report); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, read) }()
	for name, want := range map[string]string{
		"ARM_METADATA_URL": report.URL, "HTTPS_PROXY": report.PlainURL, "SSL_CERT_FILE": report.CAFile, "AZURE_TENANT_ID": report.Tenant,
	} {
		if got := report.Environment[name]; got != want || got == "" {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for path, want := range map[string]int{
		"/metadata/endpoints?api-version=2022-09-01": 200, "/subscriptions/x/nothing": 418, "/subscriptions?api-version=2022-12-01": 401,
	} {
		resp, err := http.Get(report.PlainURL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
	cancel()
	if code := <-ended; code != ExitDone {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	if _, err := os.Stat(report.CAFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the certificate is left: %v", err)
	}
	if _, err := http.Get(report.PlainURL); err == nil {
		t.Error("it listens still")
	}
}
