package azureid

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const resourceID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"

// bare takes away everything that could make this machine somebody.
func bare(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		ChoiceVariable, "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH",
		"AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET",
		"IMDS_ENDPOINT", "IDENTITY_SERVER_THUMBPRINT",
	} {
		t.Setenv(name, "")
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", t.TempDir())
}

// chain is one that reaches nobody but do.
func chain(do func(*http.Request) (int, string)) *Chain {
	return &Chain{
		Client:  policy.ClientOptions{Transport: transport(do), Retry: policy.RetryOptions{MaxRetries: -1}},
		HasIMDS: func(context.Context) bool { return false },
	}
}

type transport func(*http.Request) (int, string)

func (f transport) Do(r *http.Request) (*http.Response, error) {
	code, body := f(r)
	return &http.Response{StatusCode: code, Status: fmt.Sprint(code), Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: r}, nil
}

func TestKindsAreChosenByWhatIsConfigured(t *testing.T) {
	asToken := func(*http.Request) (int, string) {
		return 200, `{"token_type":"Bearer","access_token":"tok","expires_in":3600,"ext_expires_in":3600}`
	}
	directory := t.TempDir()
	token := filepath.Join(directory, "token")
	if err := os.WriteFile(token, []byte("assertion"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, directory, "az", `{"accessToken":"tok","expires_on":4102444800}`)
	developer := t.TempDir()
	says(t, developer, "azd", azdToken)
	for _, tt := range []struct {
		name string
		env  map[string]string
		imds bool
		want Kind
	}{
		{"secret", map[string]string{"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"}, true, Environment},
		{"workload identity", map[string]string{"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": token}, true,
			WorkloadIdentity},
		{"VM", map[string]string{"PATH": directory}, true, ManagedIdentity},
		{"App Service", map[string]string{"IDENTITY_ENDPOINT": "http://127.0.0.1:1", "IDENTITY_HEADER": "h"}, false, ManagedIdentity},
		{"CLI", map[string]string{"PATH": directory}, false, AzureCLI},
		{"CLI by name, on a VM", map[string]string{"PATH": directory, ChoiceVariable: "azureclicredential"}, true, AzureCLI},
		{"Developer CLI", map[string]string{"PATH": developer}, false, DeveloperCLI},
		{"both CLIs", map[string]string{"PATH": developer + ":" + directory}, false, AzureCLI},
		{"for developers", map[string]string{"PATH": directory, ChoiceVariable: "dev", "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c",
			"AZURE_CLIENT_SECRET": "s"}, false, AzureCLI},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bare(t)
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			c := chain(asToken)
			c.HasIMDS = func(context.Context) bool { return tt.imds }
			ch, err := c.choose(t.Context(), "")
			if err != nil || ch.kind != tt.want {
				t.Fatalf("chose %+v, %v; want %s", ch, err, tt.want)
			}
			again, err := c.choose(t.Context(), "")
			if err != nil || again != ch {
				t.Errorf("the second time it chose %p, not %p: %v", again, ch, err)
			}
		})
	}
	t.Run("the CLI gives its token", func(t *testing.T) {
		bare(t)
		t.Setenv("PATH", directory+":/usr/bin:/bin")
		got, err := chain(asToken).Token(t.Context(), StorageScope, resourceID)
		if err != nil || got.Value != "tok" || got.Who != "the user of the Azure CLI" {
			t.Errorf("token %+v, %v", got, err)
		}
	})
}

// azdToken is what the Developer CLI answers with.
const azdToken = `{"token":"azdtok","expiresOn":"2100-01-01T00:00:00Z"}`

// says puts a program into a folder that prints one line.
func says(t *testing.T, dir, name, line string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho '"+line+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// The Developer CLI's program is azidentity's to ask.
func TestDeveloperCLI(t *testing.T) {
	bare(t)
	dir := t.TempDir()
	says(t, dir, "azd", azdToken)
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	got, err := chain(nil).Token(t.Context(), StorageScope, "")
	if err != nil || got.Value != "azdtok" || got.Who != "the user of the Azure Developer CLI" {
		t.Errorf("token %+v, %v", got, err)
	}
}

func TestNobody(t *testing.T) {
	bare(t)
	_, err := chain(nil).Token(t.Context(), StorageScope, "")
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Fix(), "az login") {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"AZURE_TENANT_ID is not set", "workload identity", "no VM in Azure", "the Azure CLI is not installed",
		"the Azure Developer CLI is not installed either"} {
		if !strings.Contains(e.Why(), want) {
			t.Errorf("%q is not in %q", want, e.Why())
		}
	}
}

func TestChoiceThatIsNone(t *testing.T) {
	bare(t)
	t.Setenv(ChoiceVariable, "VisualStudioCredential")
	if _, err := chain(nil).Token(t.Context(), StorageScope, ""); err == nil || !strings.Contains(err.Error(), "VisualStudioCredential") {
		t.Errorf("error %v", err)
	}
}

// endpoint is a host that gives identities, as App Service has it.
func endpoint(t *testing.T, handler http.HandlerFunc) {
	t.Helper()
	bare(t)
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	t.Setenv("IDENTITY_ENDPOINT", srv.URL)
	t.Setenv("IDENTITY_HEADER", "here")
}

func TestManagedIdentityOfTheTemplate(t *testing.T) {
	asked := 0
	endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Header.Get("X-Identity-Header") != "here" || r.FormValue("resource") != "https://storage.azure.com" ||
			r.FormValue("mi_res_id") != resourceID {
			http.Error(w, "unexpected", http.StatusTeapot)
			return
		}
		fmt.Fprintf(w, `{"access_token":"tok","expires_on":"%d","token_type":"Bearer"}`, time.Now().Add(time.Hour).Unix())
	})
	c := &Chain{}
	for range 2 {
		got, err := c.Token(t.Context(), StorageScope, resourceID)
		if err != nil || got.Value != "tok" || got.Who != "the managed identity "+resourceID || time.Until(got.Expires) < time.Minute {
			t.Fatalf("token %+v, %v", got, err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times for one token, want 1", asked)
	}
}

func TestRefusalIsOneSentence(t *testing.T) {
	endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_request","error_description":"Identity not found\nTrace ID: 1"}`)
	})
	// MSAL keeps tokens for the whole process: another test's must not serve.
	_, err := (&Chain{}).Token(t.Context(), StorageScope, resourceID+"-of-another")
	var e *Error
	if !errors.As(err, &e) || e.Why() != "invalid_request: Identity not found" || !strings.Contains(e.Fix(), "assign that identity") {
		t.Errorf("error %+v", err)
	}
}

func TestSecretIsNotShown(t *testing.T) {
	bare(t)
	const tenant = "11111111-1111-1111-1111-111111111111"
	for k, v := range map[string]string{"AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "hush"} {
		t.Setenv(k, v)
	}
	c := chain(func(r *http.Request) (int, string) {
		host := "https://" + r.URL.Host + "/" + tenant
		if strings.Contains(r.URL.Path, "openid-configuration") {
			return 200, `{"token_endpoint":"` + host + `/token","authorization_endpoint":"` + host + `/authorize","issuer":"` + host + `"}`
		}
		if strings.Contains(r.URL.Path, "discovery/instance") {
			return 200, `{"tenant_discovery_endpoint":"` + host + `/v2.0/.well-known/openid-configuration","metadata":[]}`
		}
		return 401, `{"error":"invalid_client","error_description":"AADSTS7000215: the secret is wrong\r\nTrace ID"}`
	})
	_, err := c.Token(t.Context(), StorageScope, "")
	if err == nil || strings.Contains(text(err), "hush") || !strings.Contains(text(err), "AADSTS7000215") {
		t.Errorf("error %v", err)
	}
}

// text is all that an error says.
func text(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	return strings.Join([]string{e.Error(), e.Why(), e.Fix()}, "|")
}
