package azurearm

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// passing are the statuses of what may be well another time: those that the SDK itself tries again for.
var passing = []int{
	http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
	http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

// again tells whether a request is sent again. The SDK asks for a new token when the clock says so; where Azure's clock is ahead, a token
// runs out on its way. Errors that no retry mends do not come here.
func again(resp *http.Response, err error) bool {
	return err != nil || slices.Contains(passing, resp.StatusCode) || Expired(resp)
}

// Expired tells whether Azure says that the token of a request has run out. The body can still be read.
func Expired(resp *http.Response) bool {
	if resp.StatusCode != http.StatusUnauthorized {
		return false
	}
	if resp.Request != nil && resp.Request.Method == http.MethodHead {
		return true // it may be: such an answer has no body that says why
	}
	body, err := runtime.Payload(resp)
	var answer struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	return err == nil && json.Unmarshal(body, &answer) == nil && answer.Error.Code == "ExpiredAuthenticationToken"
}
