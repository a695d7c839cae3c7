package azureid

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

const (
	// imds is the metadata service of every VM in Azure. Without the header that it asks for it answers 400 and gives nothing away.
	imds        = "http://169.254.169.254/metadata/identity/oauth2/token"
	imdsTimeout = time.Second
)

// askIMDS reports whether anybody answers at the address of the metadata service. No proxy is asked: the address is of the link.
func askIMDS(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, imdsTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, imds, nil)
	if err != nil {
		return false
	}
	t := &http.Transport{DisableKeepAlives: true}
	resp, err := t.RoundTrip(req)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil
}

// answer takes the sentence out of a token endpoint's refusal, as RFC 6749 section 5.2 has it; "" where there is none.
func answer(resp *http.Response) string {
	text, err := runtime.Payload(resp) // the body was read before; azcore has kept it
	if err != nil {
		return ""
	}
	var said struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(text, &said) != nil || said.Error == "" {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimSpace(said.Description), "\n")
	if first = strings.TrimSpace(first); first == "" {
		return said.Error
	}
	return said.Error + ": " + first
}
