package azure

import (
	"fmt"
	"net/url"
	"strings"
)

// BlobError says why the uri of a VHD distributor is no place in Azure. It never holds the query, which may be a signature.
type BlobError struct{ URI, Bad string }

func (e *BlobError) Error() string { return fmt.Sprintf("VHD uri %q: %s", e.URI, e.Bad) }

// Fix shows what is understood.
func (e *BlobError) Fix() string {
	return "write https://ACCOUNT.blob.core.windows.net/CONTAINER/NAME.vhd, or the URL of a container, or leave uri out"
}

// blobPlace takes the uri of a VHD distributor apart. blob is the URL of the VHD itself: where the uri names a container, or a
// folder in one by a slash at its end, the blob is named after the run output and the run. signature is the query of the uri, "" for
// none.
func blobPlace(uri, runOutputName, runID string) (blob, signature string, err error) {
	shown, _, _ := strings.Cut(uri, "?")
	u, err := url.Parse(uri)
	if err != nil || u.User != nil {
		return "", "", &BlobError{URI: redacted(shown), Bad: "it is not the URL of a blob"}
	}
	path := strings.TrimPrefix(u.Path, "/")
	container, name, _ := strings.Cut(path, "/")
	switch {
	case !strings.EqualFold(u.Scheme, "https"):
		return "", "", &BlobError{URI: shown, Bad: "it is not the https URL of a blob"}
	case u.Host == "" || container == "":
		return "", "", &BlobError{URI: shown, Bad: "it names no container"}
	}
	if name == "" || strings.HasSuffix(name, "/") {
		name += runOutputName + "-" + runID + ".vhd"
	}
	to := url.URL{Scheme: "https", Host: u.Host, Path: "/" + container + "/" + name}
	return to.String(), u.RawQuery, nil
}

// redacted is a URL without what stands before its host.
func redacted(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if _, after, has := strings.Cut(rest, "@"); ok && has {
		return scheme + "://" + after
	}
	return address
}
