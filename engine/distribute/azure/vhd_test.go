package azure

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/pageblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/azurite"
	"github.com/ingot-build/ingot/internal/testtools"
	"github.com/ingot-build/ingot/translate/plan"
)

// blobService is one for all tests of this package: it takes seconds to start.
var blobService struct {
	once   sync.Once
	server *azurite.Server
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if blobService.server != nil {
		_ = blobService.server.Close()
	}
	os.Exit(code)
}

// newBlobRig is a rig with a storage account "vhdshere" that has a container "own".
func newBlobRig(t testing.TB, o azuresim.Options) *rig {
	t.Helper()
	program := testtools.AzuriteProgram(t)
	blobService.once.Do(func() {
		dir, err := os.MkdirTemp("", "azurite")
		if err == nil {
			blobService.server, err = azurite.Start(context.Background(), program, dir)
		}
		blobService.err = err
	})
	if blobService.err != nil {
		t.Fatal(blobService.err)
	}
	o.Blobs = blobService.server.Blobs()
	r := newRig(t, o)
	clients := must(armstorage.NewClientFactory(r.d.Account.Subscription, r.d.Account.Credential, r.d.Account.Options()))(t)
	done(clients.NewAccountsClient().BeginCreate(t.Context(), "images", "vhdshere", armstorage.AccountCreateParameters{
		Kind: to.Ptr(armstorage.KindStorageV2), Location: to.Ptr(place),
		SKU: &armstorage.SKU{Name: to.Ptr(armstorage.SKUNameStandardLRS)}}, nil))(t)
	must(clients.NewBlobContainersClient().Create(t.Context(), "images", "vhdshere", "own", armstorage.BlobContainer{}, nil))(t)
	return r
}

const ownAccount = "https://vhdshere.blob." + azuresim.Suffix

// signature is one for the account "vhdshere".
func (r *rig) signature() string {
	r.Helper()
	clients := must(armstorage.NewAccountsClient(r.d.Account.Subscription, r.d.Account.Credential, r.d.Account.Options()))(r.TB)
	keys := must(clients.ListKeys(r.Context(), "images", "vhdshere", nil))(r.TB)
	cred := must(service.NewSharedKeyCredential("vhdshere", *keys.Keys[0].Value))(r.TB)
	svc := must(service.NewClientWithSharedKeyCredential(ownAccount, cred, nil))(r.TB)
	url := must(svc.GetSASURL(sas.AccountResourceTypes{Service: true, Container: true, Object: true},
		sas.AccountPermissions{Read: true, Write: true, Create: true, Add: true}, start.AddDate(1, 0, 0), nil))(r.TB)
	_, query, _ := strings.Cut(url, "?")
	return query
}

func vhdTo(uri string) plan.Destination {
	return plan.Destination{VHD: &plan.VHD{URI: uri}, Tags: map[string]string{"team": "web", "cost center": "Zürich"}}
}

func (r *rig) properties(url string) blob.GetPropertiesResponse {
	r.Helper()
	c := must(pageblob.NewClient(url, r.d.Account.Credential, &pageblob.ClientOptions{ClientOptions: r.d.Account.Client}))(r.TB)
	return must(c.GetProperties(r.Context(), nil))(r.TB)
}

func TestVHDs(t *testing.T) {
	r := newBlobRig(t, azuresim.Options{})
	var secrets []string
	r.d.Secret = func(s events.Secret) { secrets = append(secrets, s.Reveal()) }
	signature := r.signature()
	p := planFor(vhdTo(ownAccount+"/own/a/web.vhd"), vhdTo(ownAccount+"/own?"+signature), vhdTo(""))
	out, err := r.distribute(t.Context(), p, false)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{ownAccount + "/own/a/web.vhd", ownAccount + "/own/out1-" + runID + ".vhd", ""}
	for i, o := range out {
		if i == 2 {
			if !strings.HasPrefix(o.ArtifactURI, "https://ingot"+runID) || !strings.HasSuffix(o.ArtifactURI, "/vhds/out2-"+runID+".vhd") {
				t.Errorf("the VHD without a place is at %s", o.ArtifactURI)
			}
		} else if o.ArtifactURI != want[i] {
			t.Errorf("the VHD is at %s, want %s", o.ArtifactURI, want[i])
		}
		have := r.properties(o.ArtifactURI)
		if value(have.BlobType) != blob.BlobTypePageBlob || value(have.ContentLength) == 0 {
			t.Errorf("%s is a %v of %d bytes", o.ArtifactURI, value(have.BlobType), value(have.ContentLength))
		}
		if m := have.Metadata; metadataOf(m, "team") != "web" || metadataOf(m, "cost_center") != "Z?rich" || metadataOf(m, runKey) != runID {
			t.Errorf("%s has the metadata %v", o.ArtifactURI, m)
		}
	}
	if len(r.ledger) > 0 {
		t.Errorf("not struck: %v", r.ledger)
	}
	if tag := r.property(must(ReadJournal(r.dir))(t).Account, "tags", "ingot-output"); tag != "out2" {
		t.Errorf("the staging account is marked with %v", tag)
	}
	if state := r.property(osSnap, "properties", "diskState"); state == "ActiveSAS" {
		t.Error("the snapshot can still be read")
	}
	text := journalText(r)
	told, err := json.Marshal(r.told)
	if err != nil {
		t.Fatal(err)
	}
	if len(secrets) < 4 {
		t.Errorf("%d secrets were told", len(secrets))
	}
	for _, s := range append(secrets, "sig=") {
		if strings.Contains(text, s) || strings.Contains(string(told), s) {
			t.Errorf("%q is shown", s)
		}
	}
}

// TestVHDIsCutOff: whatever the moment, the next distribution has the whole VHD, and nobody can read the snapshot any more.
func TestVHDIsCutOff(t *testing.T) {
	for n := 2; n <= 8; n++ {
		r := newBlobRig(t, azuresim.Options{})
		p := planFor(vhdTo(ownAccount+"/own/"+r.dir[strings.LastIndex(r.dir, "/")+1:]+"/web.vhd"), vhdTo(""))
		ctx, kill := context.WithCancelCause(t.Context())
		seen := 0
		r.d.written = func() error {
			if seen++; seen >= n {
				kill(errKilled)
				return errKilled
			}
			return nil
		}
		if _, err := r.distribute(ctx, p, false); err == nil {
			t.Fatalf("write %d: the kill went by", n)
		}
		r.d.written = nil
		out, err := r.distribute(t.Context(), p, false)
		if err != nil {
			t.Fatalf("write %d: %v\n%s", n, err, journalText(r))
		}
		for _, o := range out {
			if have := r.properties(o.ArtifactURI); value(have.CopyStatus) != blob.CopyStatusTypeSuccess {
				t.Errorf("write %d: the copy to %s is %v", n, o.ArtifactURI, value(have.CopyStatus))
			}
		}
		accounts := 0
		for _, id := range r.left() {
			if strings.HasPrefix(id, "storageAccounts/ingot") {
				accounts++
			}
		}
		if state := r.property(osSnap, "properties", "diskState"); accounts != 1 || state == "ActiveSAS" || len(r.ledger) > 0 {
			t.Errorf("write %d: %d accounts, the snapshot is %v, in the ledger %v", n, accounts, state, r.ledger)
		}
	}
}

// TestVHDFails: an error of the network has the whole address in it, and does not show its signature.
func TestVHDFails(t *testing.T) {
	r := newBlobRig(t, azuresim.Options{})
	signature := r.signature()
	r.sim.SetFaults(&azuresim.Fault{Method: "PUT", Path: "/own/*", Drop: true, Times: azuresim.Always})
	_, err := r.distribute(t.Context(), planFor(vhdTo(ownAccount+"/own/web.vhd?"+signature)), false)
	if err == nil {
		t.Fatal("no error")
	}
	for at := err; at != nil; at = errors.Unwrap(at) {
		if strings.Contains(at.Error(), signature) || strings.Contains(at.Error(), "sig=") {
			t.Errorf("a signature is shown: %v", at)
		}
	}
	if strings.Contains(journalText(r), "sig=") {
		t.Errorf("a signature is in the journal:\n%s", journalText(r))
	}
	if state := r.property(osSnap, "properties", "diskState"); state == "ActiveSAS" {
		t.Error("the snapshot can still be read")
	}
	if _, err := os.Stat(filepath.Join(r.dir, JournalName)); err != nil {
		t.Error(err)
	}
}
