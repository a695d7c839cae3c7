package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/azurite"
	"github.com/ingot-build/ingot/internal/testtools"
)

// TestSignaturesForABlob has the official client sign for a container and for a blob, with the account's key and with one
// that it was given; what is not signed for is refused.
func TestSignaturesForABlob(t *testing.T) {
	server := must(azurite.Start(t.Context(), testtools.AzuriteProgram(t), t.TempDir()))(t)
	t.Cleanup(func() { _ = server.Close() })
	r := newRig(t, azuresim.Options{Blobs: server.Blobs()})
	ctx := t.Context()
	accounts := must(armstorage.NewAccountsClient(sub, r.cred, r.options))(t)
	for _, name := range []string{"signed", "other"} {
		done(accounts.BeginCreate(ctx, group, name, armstorage.AccountCreateParameters{Location: to.Ptr(place),
			Kind: to.Ptr(armstorage.KindStorageV2), SKU: &armstorage.SKU{Name: to.Ptr(armstorage.SKUNameStandardLRS)}}, nil))(t)
	}
	const address = "https://signed.blob." + azuresim.Suffix
	clients := &azblob.ClientOptions{ClientOptions: r.options.ClientOptions}
	byToken := must(azblob.NewClient(address, r.cred, clients))(t)
	must(byToken.CreateContainer(ctx, "c", nil))(t)
	must(byToken.UploadBuffer(ctx, "c", "dir/a.txt", []byte("hello"), nil))(t)
	other := must(azblob.NewClient("https://other.blob."+azuresim.Suffix, r.cred, clients))(t)
	must(other.CreateContainer(ctx, "d", nil))(t)

	key := *must(accounts.ListKeys(ctx, group, "signed", nil))(t).Keys[0].Value
	byKey := must(azblob.NewSharedKeyCredential("signed", key))(t)
	now := time.Now().UTC()
	delegated := must(byToken.ServiceClient().GetUserDelegationCredential(ctx, service.KeyInfo{
		Start: to.Ptr(now.Add(-time.Minute).Format(sas.TimeFormat)), Expiry: to.Ptr(now.Add(time.Hour).Format(sas.TimeFormat))}, nil))(t)
	for signer, sign := range map[string]func(sas.BlobSignatureValues) (sas.QueryParameters, error){
		"the account's key": func(v sas.BlobSignatureValues) (sas.QueryParameters, error) { return v.SignWithSharedKey(byKey) },
		"a key that it was given": func(v sas.BlobSignatureValues) (sas.QueryParameters, error) {
			return v.SignWithUserDelegation(delegated)
		},
	} {
		signed := func(blob string, expiry time.Time) string {
			q := must(sign(sas.BlobSignatureValues{ContainerName: "c", BlobName: blob, ExpiryTime: expiry, Permissions: "r"}))(t)
			return q.Encode()
		}
		later := now.Add(time.Hour)
		for _, tt := range []struct {
			name, method, path, query string
			status                    int
		}{
			{"its blob", http.MethodGet, "/c/dir/a.txt", signed("dir/a.txt", later), 200},
			{"a blob of its container", http.MethodGet, "/c/dir/a.txt", signed("", later), 200},
			{"another blob", http.MethodGet, "/c/dir/a.txt", signed("dir/b.txt", later), 403},
			{"another container", http.MethodGet, "/e/dir/a.txt", signed("", later), 403},
			{"a list, without the right to", http.MethodGet, "/c", "restype=container&comp=list&" + signed("", later), 403},
			{"a deletion, without the right to", http.MethodDelete, "/c/dir/a.txt", signed("", later), 403},
			{"after its end", http.MethodGet, "/c/dir/a.txt", signed("", now.Add(-time.Minute)), 403},
			{"with more rights than were signed", http.MethodDelete, "/c/dir/a.txt",
				strings.Replace(signed("", later), "sp=r", "sp=rd", 1), 403},
		} {
			t.Run(signer+", "+tt.name, func(t *testing.T) {
				if status, _, text := r.request(tt.method, address+tt.path+"?"+tt.query, nil, ""); status != tt.status {
					t.Errorf("%d, want %d: %s", status, tt.status, text)
				}
			})
		}
		for from, want := range map[string]string{
			address + "/c/dir/a.txt?" + signed("dir/a.txt", later): "",
			address + "/c/dir/a.txt?" + signed("dir/b.txt", later): "CannotVerifyCopySource",
			address + "/c/dir/a.txt":                               "CannotVerifyCopySource",
		} {
			_, err := other.ServiceClient().NewContainerClient("d").NewBlobClient("copy").StartCopyFromURL(ctx, from, nil)
			if got := fmt.Sprint(err); (err == nil) != (want == "") || !strings.Contains(got, want) {
				t.Errorf("%s, copy: %s, want %q", signer, got, want)
			}
		}
	}
}
