package azuresim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/azurite"
	"github.com/ingot-build/ingot/internal/testtools"
)

// TestVHD has the plugin copy the disk of the build VM to a storage account, whose blobs are in Azurite.
func TestVHD(t *testing.T) {
	t.Parallel()
	plugin := testtools.AzurePlugin(t)
	if strings.HasPrefix(plugin.Version, "1.") {
		t.Skipf("%s makes a VHD only of unmanaged disks, which Azure has retired: name a checkout of 2.5 or later in %s",
			plugin,
			testtools.AzurePluginVariable)
	}
	server, err := azurite.Start(t.Context(), testtools.AzuriteProgram(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	r := newPackerRig(t, azuresim.Options{Blobs: server.Blobs()})
	r.group("images")
	account := subscription + "/resourceGroups/images/providers/Microsoft.Storage/storageAccounts/vhdshere"
	r.put(account, "2023-05-01", `{"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}`)
	r.put(account+"/blobServices/default", "2023-05-01", `{}`)
	r.put(account+"/blobServices/default/containers/vhds", "2023-05-01", `{}`)
	out := r.built(r.source(ubuntu+`
  resource_group_name    = "images"
  storage_account        = "vhdshere"
  capture_container_name = "vhds"
  capture_name_prefix    = "web-"
`), `provisioner "shell" { inline = ["true"] }`)
	_, after, found := strings.Cut(out, "https://vhdshere.blob."+azuresim.Suffix+"/vhds/web-")
	if !found {
		t.Fatalf("the build tells of no VHD:\n%s", out)
	}
	name := strings.Fields(after)[0]
	r.left("/resourceGroups/images", "/storageAccounts/vhdshere", "/blobServices/default", "/containers/vhds")
	copied := false
	for _, c := range r.sim.Calls() {
		copied = copied || c.Method == http.MethodPut && c.Path == "/vhds/web-"+name && c.Status == http.StatusAccepted
	}
	if !copied {
		t.Errorf("no copy to web-%s among the calls:\n%s", name, r.calls())
	}
}
