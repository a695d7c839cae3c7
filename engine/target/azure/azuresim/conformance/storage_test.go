package conformance

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/azurite"
	"github.com/ingot-build/ingot/internal/testtools"
)

// request sends one to a storage account, and gives status, headers and text.
func (r *rig) request(method, address string, header http.Header, body string) (int, http.Header, string) {
	r.Helper()
	req := must(http.NewRequestWithContext(r.Context(), method, address, strings.NewReader(body)))(r.T)
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("X-Ms-Version", "2021-12-02")
	resp := must(r.sim.Client().Do(req))(r.T)
	defer resp.Body.Close()
	return resp.StatusCode, resp.Header, string(must(io.ReadAll(resp.Body))(r.T))
}

// accountSignature is one that may do everything, made with the account's key.
func accountSignature(account, key string, end time.Time) string {
	secret, _ := base64.StdEncoding.DecodeString(key)
	m := hmac.New(sha256.New, secret)
	se := end.UTC().Format(time.RFC3339)
	m.Write([]byte(strings.Join([]string{account, "rwdlacup", "b", "sco", "", se, "", "https", "2021-12-02", "", ""},
		"\n")))
	return url.Values{"sv": {"2021-12-02"}, "ss": {"b"}, "srt": {"sco"}, "sp": {"rwdlacup"}, "se": {se}, "spr": {"https"},
		"sig": {base64.StdEncoding.EncodeToString(m.Sum(nil))}}.Encode()
}

// TestStorage makes two accounts and copies between them, and from a disk, in a real blob service.
func TestStorage(t *testing.T) {
	server := must(azurite.Start(t.Context(), testtools.AzuriteProgram(t), t.TempDir()))(t)
	t.Cleanup(func() { _ = server.Close() })
	r := newRig(t, azuresim.Options{Blobs: server.Blobs()})
	ctx := t.Context()
	accounts := must(armstorage.NewAccountsClient(sub, r.cred, r.options))(t)
	about := armstorage.AccountCreateParameters{Location: to.Ptr(place), Kind: to.Ptr(armstorage.KindStorageV2),
		SKU: &armstorage.SKU{Name: to.Ptr(armstorage.SKUNameStandardLRS)}}
	_, err := accounts.BeginCreate(ctx, group, "Not_Valid", about, nil)
	refused(t, err, http.StatusBadRequest, "AccountNameInvalid")
	first := done(accounts.BeginCreate(ctx, group, "first", about, nil))(t)
	done(accounts.BeginCreate(ctx, group, "second", about, nil))(t)
	if free := must(accounts.CheckNameAvailability(ctx, armstorage.AccountCheckNameAvailabilityParameters{
		Name: to.Ptr("first"), Type: to.Ptr("Microsoft.Storage/storageAccounts")}, nil))(t); *free.NameAvailable {
		t.Error("a name that is taken is free")
	}
	blobs := *first.Properties.PrimaryEndpoints.Blob
	key := *must(accounts.ListKeys(ctx, group, "first", nil))(t).Keys[0].Value
	sas := accountSignature("first", key, time.Now().Add(time.Hour))

	token := must(r.cred.GetToken(ctx, policyOf("https://storage.azure.com/.default")))(t).Token
	bearer := http.Header{"Authorization": {"Bearer " + token}}
	expect := func(what string, status, want int, text string) {
		t.Helper()
		if status != want {
			t.Errorf("%s: %d, want %d: %s", what, status, want, text)
		}
	}
	status, _, text := r.request(http.MethodPut, blobs+"c?restype=container&"+sas, nil, "")
	expect("make a container with a signature", status, 201, text)
	status, _, text = r.request(http.MethodPut, blobs+"c/hello.txt", http.Header{"Authorization": {"Bearer " + token},
		"X-Ms-Blob-Type": {"BlockBlob"}}, "hello")
	expect("put a blob with a token", status, 201, text)
	status, _, _ = r.request(http.MethodGet, blobs+"c/hello.txt", nil, "")
	expect("get it without anything", status, 403, "")
	status, _, _ = r.request(http.MethodGet, blobs+"c/hello.txt?"+accountSignature("first", key,
		time.Now().Add(-time.Hour)), nil, "")
	expect("get it with a signature that has ended", status, 403, "")
	status, _, _ = r.request(http.MethodGet, blobs+"c/hello.txt?"+strings.Replace(sas, "sig=", "sig=AA", 1), nil, "")
	expect("get it with a wrong signature", status, 403, "")
	if _, _, text = r.request(http.MethodGet, blobs+"c/hello.txt?"+sas, nil, ""); text != "hello" {
		t.Errorf("the blob is %q", text)
	}

	second := "https://second.blob." + azuresim.Suffix + "/"
	status, _, text = r.request(http.MethodPut, second+"d?restype=container", bearer, "")
	expect("make another container", status, 201, text)
	status, header, text := r.request(http.MethodPut, second+"d/copy.txt", http.Header{"Authorization": {"Bearer " +
		token},
		"X-Ms-Copy-Source": {blobs + "c/hello.txt?" + sas}}, "")
	expect("copy", status, 202, text)
	if header.Get("X-Ms-Copy-Status") != "success" {
		t.Errorf("the copy is %q", header.Get("X-Ms-Copy-Status"))
	}
	if _, _, text = r.request(http.MethodGet, second+"d/copy.txt", bearer, ""); text != "hello" {
		t.Errorf("the copy is %q", text)
	}

	done(r.compute.NewDisksClient().BeginCreateOrUpdate(ctx, group, "os", armcompute.Disk{Location: to.Ptr(place),
		Properties: &armcompute.DiskProperties{DiskSizeGB: to.Ptr[int32](30),
			CreationData: &armcompute.CreationData{CreateOption: to.Ptr(armcompute.DiskCreateOptionEmpty)}}}, nil))(t)
	access := done(r.compute.NewDisksClient().BeginGrantAccess(ctx, group, "os", armcompute.GrantAccessData{
		Access: to.Ptr(armcompute.AccessLevelRead), DurationInSeconds: to.Ptr[int32](60)}, nil))(t)
	status, _, text = r.request(http.MethodPut, second+"d/os.vhd", http.Header{"Authorization": {"Bearer " + token},
		"X-Ms-Copy-Source": {*access.AccessSAS}}, "")
	expect("copy a disk", status, 202, text)
	status, header, _ = r.request(http.MethodHead, second+"d/os.vhd", bearer, "")
	expect("look at the copy of a disk", status, 200, "")
	if kind := header.Get("X-Ms-Blob-Type"); kind != "PageBlob" {
		t.Errorf("the copy of a disk is a %s", kind)
	}
	done(r.compute.NewDisksClient().BeginRevokeAccess(ctx, group, "os", nil))(t)
	status, _, _ = r.request(http.MethodGet, *access.AccessSAS, nil, "")
	expect("read a disk after its access was revoked", status, 403, "")
	must(accounts.Delete(ctx, group, "second", nil))(t)
	status, _, _ = r.request(http.MethodGet, second+"d/copy.txt", bearer, "")
	expect("read from an account that is gone", status, 404, "")
}

func policyOf(scope string) policy.TokenRequestOptions {
	return policy.TokenRequestOptions{Scopes: []string{scope}}
}
