package cli

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/azurite"
	"github.com/ingot-build/ingot/internal/testtools"
)

const galleryID = azureGroups + "images/providers/Microsoft.Compute/galleries/shared/images/web"

// gallery makes a gallery with a definition of generation 1.
func (w *azureWorld) gallery() {
	w.Helper()
	w.put("images", "/providers/Microsoft.Compute/galleries/shared", "2023-07-03", `{"location": "westeurope"}`)
	w.put("images", "/providers/Microsoft.Compute/galleries/shared/images/web", "2023-07-03", `{"location": "westeurope", "properties": {
		"osType": "Linux", "osState": "Generalized", "identifier": {"publisher": "p", "offer": "o", "sku": "s"}}}`)
}

// TestAzureGallery builds a version in three regions, and then one more from it.
func TestAzureGallery(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	w.gallery()
	version := `{"type": "SharedImage", "runOutputName": "version", "galleryImageId": "` + galleryID + `", "versioning": {"scheme": "Latest", "major": 1},
      "targetRegions": [{"name": "westeurope"}, {"name": "eastus", "replicaCount": 2}, {"name": "northeurope", "storageAccountType": "Premium_LRS"}]}`
	w.build(ExitDone, w.template(jammy, hello, version, ""))
	made := slices.DeleteFunc(w.sim.Resources(), func(id string) bool { return !strings.Contains(id, "/versions/") })
	if len(made) != 1 {
		t.Fatalf("there is %q", w.sim.Resources())
	}
	first := made[0][strings.LastIndexByte(made[0], '/')+1:]
	regions := w.sim.Resource(made[0])["properties"].(map[string]any)["publishingProfile"].(map[string]any)["targetRegions"].([]any)
	if len(regions) != 3 {
		t.Errorf("the version is in %v", regions)
	}
	out := w.build(ExitDone, w.template(`{"type": "SharedImageVersion", "imageVersionId": "`+galleryID+`/versions/latest"}`, hello, version, ""))
	if want := "the source image's exact version is " + first; !strings.Contains(out, want) {
		t.Errorf("%q is not in:\n%s", want, out)
	}
	w.left("/galleries/shared", "/images/web", "/versions/"+first, "/versions/1.0.1")
}

// TestAzureOwnPlace builds in a group and a subnet that are there: both stay as they were.
func TestAzureOwnPlace(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	w.put("staging", "", "2024-03-01", `{"location": "westeurope", "tags": {"owner": "us"}}`)
	w.put("net", "", "2024-03-01", `{"location": "westeurope"}`)
	w.put("net", "/providers/Microsoft.Network/virtualNetworks/corp", "2024-01-01", `{"location": "westeurope", "properties": {
		"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": [{"name": "build", "properties": {"addressPrefix": "10.1.2.0/24"}}]}}`)
	out := w.build(ExitDone, w.template(jammy, hello, managedImage("web"), `,
    "stagingResourceGroup": "`+azureGroups+`staging",
    "vmProfile": {"vmSize": "Standard_D2s_v5", "osDiskSizeGB": 64, "vnetConfig": {"subnetId": "`+azureGroups+
		`net/providers/Microsoft.Network/virtualNetworks/corp/subnets/build", "proxyVmSize": "Standard_A1_v2"}},
    "managedResourceTags": {"cost": "42"}`))
	if !strings.Contains(out, "no proxy VM is made") {
		t.Errorf("nothing is said of the proxy VM:\n%s", out)
	}
	w.left("/resourceGroups/staging", "/resourceGroups/net", "/virtualNetworks/corp", "/subnets/build", "/images/web")
	if tags, _ := w.sim.Resource(azureGroups + "staging")["tags"].(map[string]any); len(tags) != 1 || tags["owner"] != "us" {
		t.Errorf("the group that was there has the tags %v", tags)
	}
}

// TestAzureVHD distributes a VHD to an account of the user's, and to one in the staging resource group, which stays with it.
func TestAzureVHD(t *testing.T) {
	t.Parallel()
	server, err := azurite.Start(t.Context(), testtools.AzuriteProgram(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	w := newAzureWorld(t, azuresim.Options{Blobs: server.Blobs()})
	account := "/providers/Microsoft.Storage/storageAccounts/vhdshere"
	w.put("images", account, "2023-05-01", `{"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}`)
	w.put("images", account+"/blobServices/default", "2023-05-01", `{}`)
	w.put("images", account+"/blobServices/default/containers/vhds", "2023-05-01", `{}`)
	uri := "https://vhdshere.blob." + azuresim.Suffix + "/vhds/web.vhd"
	out := w.build(ExitDone, w.template(jammy, hello, `{"type": "VHD", "runOutputName": "disk", "uri": "`+uri+`"}`, ""))
	if !strings.Contains(out, uri) {
		t.Errorf("%s is not in:\n%s", uri, out)
	}
	w.left("/storageAccounts/vhdshere", "/blobServices/default", "/containers/vhds")

	out = w.build(ExitDone, w.template(jammy, hello, `{"type": "VHD", "runOutputName": "disk"}`, ""))
	if !regexp.MustCompile(`https://\w+\.blob\.` + azuresim.Suffix + `/\S+\.vhd`).MatchString(out) {
		t.Errorf("no URI of a VHD is in:\n%s", out)
	}
	stays := w.sim.Resources()[4:]
	if len(stays) < 2 || !strings.Contains(stays[0], "/resourceGroups/IT_") || !strings.Contains(stays[1], "/storageAccounts/") {
		t.Errorf("there is %q", stays)
	}
}

// TestAzureAbort leaves the build VM standing, says how to get in, and removes it when it is told to.
func TestAzureAbort(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	out := w.build(ExitFailed, w.template(jammy, fails, managedImage("web"), `, "errorHandling": {"onCustomizerError": "abort"}`))
	key := regexp.MustCompile(`ssh -i (\S+) -p 2222 packer@127\.`).FindStringSubmatch(out)
	if key == nil || !strings.Contains(out, "ingot clean --on azure") {
		t.Fatalf("it says:\n%s", out)
	}
	if info, err := os.Stat(key[1]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key is %v, %v", info, err)
	}
	if all := strings.Join(w.sim.Resources(), "\n"); !strings.Contains(all, "/virtualMachines/") || !strings.Contains(all, "/publicIPAddresses/") {
		t.Errorf("there is:\n%s", all)
	}
	if out, code := w.run("clean", "--on", "azure", "--yes"); code != ExitDone {
		t.Errorf("clean: exit code %d\n%s", code, out)
	}
	if out, code := w.run("clean", "--yes"); code != ExitDone { // the folder with the key
		t.Errorf("clean: exit code %d\n%s", code, out)
	}
	w.left()
}

// said is what a program says, and tells when it has said something.
type said struct {
	want string
	seen chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	if s.want != "" && strings.Contains(s.text.String(), s.want) {
		s.want = ""
		close(s.seen)
	}
	return len(p), nil
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// TestAzureInterrupt stops a build while a script runs, as Ctrl-C does.
func TestAzureInterrupt(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	cmd := w.ingot(t.Context(), "build", "--on", "azure",
		w.template(jammy, `{"type": "Shell", "inline": ["echo now I sleep", "sleep 600"]}`, managedImage("web"), ""))
	out := &said{want: "| now I sleep", seen: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-out.seen:
	case err := <-ended:
		t.Fatalf("the build ended before its script: %v\n%s", err, out)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-ended
	if code := cmd.ProcessState.ExitCode(); code != ExitCancelled {
		t.Errorf("exit code %d\n%s", code, out)
	}
	w.left()
}

// TestAzureValidation starts a second machine from what was built; one whose validator fails keeps the image from its distributors.
func TestAzureValidation(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	validate := func(inline string) string {
		return `, "validate": {"inVMValidations": [{"type": "Shell", "name": "look", "inline": ["` + inline + `"]}]}`
	}
	out := w.build(ExitFailed, w.template(jammy, hello, managedImage("web"), validate("exit 3")))
	if !strings.Contains(out, `validator "look" exited with 3`) || !strings.Contains(out, "the image was not distributed") {
		t.Errorf("it says:\n%s", out)
	}
	w.left()
	out = w.build(ExitDone, w.template(jammy, hello, managedImage("web"), validate("echo looked")))
	if !strings.Contains(out, "| looked") {
		t.Errorf("it says:\n%s", out)
	}
	w.left("/images/web")
}

// TestAzureSourceValidation looks at the source image alone.
func TestAzureSourceValidation(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	out := w.build(ExitDone, w.template(jammy, hello, managedImage("web"),
		`, "validate": {"sourceValidationOnly": true, "inVMValidations": [{"type": "Shell", "inline": ["echo looked"]}]}`))
	if !strings.Contains(out, "| looked") {
		t.Errorf("it says:\n%s", out)
	}
	if calls := w.calls(); strings.Contains(calls, "/snapshots/") {
		t.Errorf("something was kept:\n%s", calls)
	}
	w.left()
}

// TestAzureSecrets looks for what opens something in all that a build has written.
func TestAzureSecrets(t *testing.T) {
	t.Parallel()
	w := newAzureWorld(t, azuresim.Options{})
	w.build(ExitDone, w.template(jammy, hello, managedImage("web"), ""))
	err := filepath.WalkDir(w.home, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte("PRIVATE KEY")) || bytes.Contains(text, []byte("Bearer ")) {
			t.Errorf("%s has a secret", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	for _, c := range w.sim.Calls() {
		if c.Method == http.MethodPost && strings.HasSuffix(c.Path, "/token") {
			t.Errorf("the plugin signed in to Azure: %s", c.Path)
		}
	}
}
