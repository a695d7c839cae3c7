package resolve

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// storageVersion is the version of the Blob service's interface that requests with a token must name: one that all clouds have.
const storageVersion = "2021-12-02"

// storageHost is the name of a storage account's blobs in one of the clouds, also in a DNS zone of its own, and of its second region.
//
// Reference: https://learn.microsoft.com/azure/storage/common/storage-account-overview#storage-account-endpoints
var storageHost = regexp.MustCompile(`^[a-z0-9]{3,24}(-secondary)?\.(z[0-9]+\.)?(blob|dfs)\.` +
	`(core\.windows\.net|core\.usgovcloudapi\.net|core\.chinacloudapi\.cn|storage\.azure\.net)$`)

// isStorage reports whether a URL is of a storage account: only such a host is shown a token.
func isStorage(u *url.URL) bool { return storageHost.MatchString(strings.ToLower(u.Hostname())) }

// isSigned reports whether a URL has a shared access signature.
func isSigned(u *url.URL) bool { return u.Query().Has("sig") }

// maxErrorBody bounds what is read of an answer that is no file.
const maxErrorBody = 64 << 10

// storageCode takes the code out of a storage account's refusal; "" where the answer is none.
func storageCode(resp *http.Response) string {
	code := resp.Header.Get("X-Ms-Error-Code")
	if code == "" {
		var body struct {
			XMLName xml.Name `xml:"Error"`
			Code    string
		}
		text, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
		if err != nil || xml.Unmarshal(text, &body) != nil {
			return ""
		}
		code = body.Code
	}
	if !codeName.MatchString(code) {
		return ""
	}
	return code
}

var codeName = regexp.MustCompile(`^[A-Za-z]{3,64}$`)

// advice is a reason and a cure.
type advice struct{ why, fix string }

// Cures that several refusals share.
const (
	fixSignature = "make a new shared access signature for the blob (az storage blob generate-sas --permissions r --full-uri)"
	fixRole      = `give it the role "Storage Blob Data Reader" at the storage account or the container; that takes effect within ten minutes`
	fixAnonymous = "read with an identity, or give the URL a shared access signature"
	fixName      = "check the names of the account, the container and the blob; letters count as they are written"
)

// refusals are what codes of the Blob service mean for somebody who wants to read one.
//
// Reference: https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
var refusals = map[string]advice{
	"AuthorizationFailure": {"the network rules of the storage account do not let this machine in",
		"add this machine's address to the account's firewall, or copy the file beside the image template"},
	"AuthorizationPermissionMismatch":   {"who asks may not read this blob", fixRole},
	"InsufficientAccountPermissions":    {"who asks may not read this account", fixRole},
	"AuthorizationProtocolMismatch":     {"the shared access signature is for https only", "write https:// in the URL"},
	"AuthorizationSourceIPMismatch":     {"the shared access signature is for other addresses than this machine's", fixSignature},
	"AuthorizationServiceMismatch":      {"the shared access signature is for another service than blobs", fixSignature},
	"AuthorizationResourceTypeMismatch": {"the shared access signature is for another kind of resource than a blob", fixSignature},
	"KeyBasedAuthenticationNotPermitted": {"the storage account takes no signature by its keys",
		"make a user delegation signature (--as-user --auth-mode login), or leave it out and read with an identity"},
	"PublicAccessNotPermitted":    {"the storage account lets nobody read anonymously", fixAnonymous},
	"NoAuthenticationInformation": {"the container is not public", fixAnonymous},
	"InvalidAuthenticationInfo": {"the storage account does not take the token: it is of another tenant or cloud, or has ended",
		"log in to the account's tenant (az login --tenant TENANT)"},
	"AuthenticationFailed": {"the shared access signature does not fit the blob: it was cut or changed, or the key that signed it is no " +
		"longer the account's", fixSignature},
	"AccountIsDisabled":          {"the storage account is disabled", "copy the file beside the image template"},
	"ContainerNotFound":          {"there is no such container", fixName},
	"ContainerBeingDeleted":      {"the container is being deleted", fixName},
	"BlobNotFound":               {"there is no such blob", fixName},
	"ResourceNotFound":           {"there is no such container, or it is not public", fixName},
	"InvalidUri":                 {"the URL names no blob", fixName},
	"InvalidResourceName":        {"the URL has a name in it that no container or blob can have", fixName},
	"OutOfRangeInput":            {"the URL has a name in it that no account, container or blob can have", fixName},
	"InvalidQueryParameterValue": {"a parameter of the URL has a value that the storage account does not take", fixSignature},
	"BlobArchived": {"the blob is in the archive tier, from which nothing can be read",
		"bring it back (az storage blob set-tier --tier Hot); that takes hours"},
	"BlobBeingRehydrated": {"the blob is on its way out of the archive tier", "wait until it is back; that takes hours"},
}

// adviseStorage explains a storage account's refusal. who read, or "" for nobody in particular.
func adviseStorage(u *url.URL, s *statusError, who string, now time.Time) (advice, bool) {
	if isSigned(u) && s.code >= 400 && s.code < 500 {
		if a, ok := adviseSignature(u.Query(), now); ok {
			return a, true
		}
	}
	a, known := refusals[s.storage]
	switch {
	case s.storage == "AuthorizationFailure" && isSigned(u):
		a.why = "the shared access signature does not fit the blob, or the network rules of the storage account do not let this machine in"
		a.fix = fixSignature + ", or add this machine's address to the account's firewall"
	case s.storage == "AuthenticationFailed" && !isSigned(u):
		a = advice{"the storage account does not take the token", "log in again (az login)"}
	case !known && s.code == http.StatusNotFound:
		a, known = refusals["ResourceNotFound"], true
	}
	if known && who != "" {
		a.why += " (read as " + who + ")"
	}
	return a, known
}

// signatureTimes are the ways to write a time in a shared access signature.
var signatureTimes = []string{time.RFC3339, "2006-01-02T15:04Z", "2006-01-02T15:04:05.9999999Z", time.DateOnly}

// adviseSignature says what can be seen of a shared access signature without its key.
func adviseSignature(q url.Values, now time.Time) (advice, bool) {
	when := func(name string) (time.Time, bool) {
		for _, layout := range signatureTimes {
			if at, err := time.Parse(layout, q.Get(name)); err == nil {
				return at, true
			}
		}
		return time.Time{}, false
	}
	if end, ok := when("se"); ok && !now.Before(end) {
		return advice{fmt.Sprintf("the shared access signature ended on %s", end.UTC().Format(time.RFC3339)), fixSignature}, true
	}
	if begin, ok := when("st"); ok && now.Before(begin) {
		return advice{fmt.Sprintf("the shared access signature begins on %s only; it is %s here", begin.UTC().Format(time.RFC3339),
			now.UTC().Format(time.RFC3339)), "wait, or make one that begins earlier"}, true
	}
	if sp := q.Get("sp"); sp != "" && !strings.Contains(sp, "r") {
		return advice{fmt.Sprintf("the shared access signature allows %q, and not to read (r)", sp), fixSignature}, true
	}
	return advice{}, false
}
