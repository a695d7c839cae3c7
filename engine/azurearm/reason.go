package azurearm

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// maxReason bounds what of an answer gets into a message, in bytes.
const maxReason = 400

// Reason is an error of a client of the SDK in one line: what Azure said, and with which status and code.
func Reason(err error) string {
	var re *azcore.ResponseError
	if !errors.As(err, &re) {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return first
	}
	said := fmt.Sprintf("%d %s", re.StatusCode, re.ErrorCode)
	if re.RawResponse == nil || re.RawResponse.Body == nil {
		return "Azure answered " + said
	}
	text, rerr := runtime.Payload(re.RawResponse)
	var body struct {
		Message string
		Error   struct{ Message string }
	}
	if rerr != nil || json.Unmarshal(text, &body) != nil {
		return "Azure answered " + said
	}
	message := strings.Join(strings.Fields(cmp.Or(body.Error.Message, body.Message)), " ")
	if message == "" {
		return "Azure answered " + said
	}
	if len(message) > maxReason {
		message = strings.ToValidUTF8(message[:maxReason], "") + "…"
	}
	return fmt.Sprintf("%s (%s)", message, strings.TrimSpace(said))
}
