package rig

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// Where images are built, and the regions they are in.
const (
	Location = "westeurope"
	Far      = "eastus" // the second region of the gallery's versions
)

const subscription = "/subscriptions/" + azuresim.DefaultSubscription

// names are those of the things that are outside of any build.
type names struct {
	account string // of storage; a blob service that several rigs share tells their blobs apart by it
}

func newNames() names {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return names{account: "images" + hex.EncodeToString(b[:])}
}

// The ids of what a build makes, and of the places it goes to.
const (
	imagesGroup  = subscription + "/resourceGroups/images"
	ManagedImage = imagesGroup + "/providers/Microsoft.Compute/images/web" // Managed("web")
	gallery      = imagesGroup + "/providers/Microsoft.Compute/galleries/shared"
	definition   = gallery + "/images/web"
	Version      = definition + "/versions/1.2.3"
)

// furnish makes what people have: places for images, the staging group of the service itself, and that of an Ingot elsewhere, with a
// disk in each. A clean-up must not touch any of it.
func (r *Rig) furnish(ctx context.Context) error {
	foreign := subscription + "/resourceGroups/IT_theirs"
	other := subscription + "/resourceGroups/IT_other"
	disk := "/providers/Microsoft.Compute/disks/os"
	emptyDisk := `{"location": "westeurope", "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 4}}`
	things := []struct{ id, version, body string }{
		{imagesGroup, groupAPI, `{"location": "westeurope"}`},
		{gallery, galleryAPI, `{"location": "westeurope"}`},
		{definition, galleryAPI, `{"location": "westeurope", "properties": {"osType": "Linux", "osState": "Generalized",
			"identifier": {"publisher": "p", "offer": "o", "sku": "s"}}}`},
		{foreign, groupAPI, `{"location": "westeurope", "tags": {"createdBy": "AzureVMImageBuilder", "imageTemplateName": "web"}}`},
		{foreign + disk, diskAPI, emptyDisk},
		{other, groupAPI, `{"location": "westeurope", "tags": {"createdBy": "Ingot", "ingot-run": "0badcafe",
			"ingot-host": "00112233445566778899aabbccddeeff", "ingot-expires": "2999-01-01T00:00:00Z"}}`},
		{other + disk, diskAPI, emptyDisk},
	}
	if r.opts.VHD {
		things = append(things, struct{ id, version, body string }{r.account(), storageAPI,
			`{"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}}`},
			struct{ id, version, body string }{r.account() + "/blobServices/default/containers/vhds", storageAPI, `{}`})
	}
	for _, t := range things {
		if err := r.put(ctx, t.id, t.version, t.body); err != nil {
			return err
		}
	}
	return nil
}

const (
	groupAPI   = "2024-03-01"
	galleryAPI = "2023-07-03"
	diskAPI    = "2024-03-02"
	storageAPI = "2023-05-01"
)

func (r *Rig) account() string {
	return imagesGroup + "/providers/Microsoft.Storage/storageAccounts/" + r.names.account
}

// Blob is the address of the VHD.
func (r *Rig) Blob() string {
	return fmt.Sprintf("https://%s.blob.%s/vhds/web.vhd", r.names.account, azuresim.Suffix)
}

// put makes a resource, and waits until it is there.
func (r *Rig) put(ctx context.Context, id, version, body string) error {
	client := r.Sim.Client()
	defer client.CloseIdleConnections()
	token, err := r.token(ctx, client)
	if err != nil {
		return err
	}
	do := func(method string, body io.Reader) (int, map[string]any, error) {
		req, err := http.NewRequestWithContext(ctx, method, r.Sim.URL()+id+"?api-version="+version, body)
		if err != nil {
			return 0, nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := client.Do(req)
		if err != nil {
			return 0, nil, err
		}
		defer resp.Body.Close()
		var answer map[string]any
		err = json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&answer)
		return resp.StatusCode, answer, err
	}
	status, answer, err := do(http.MethodPut, bytes.NewReader([]byte(body)))
	for err == nil && status < 300 {
		properties, _ := answer["properties"].(map[string]any)
		switch state, _ := properties["provisioningState"].(string); state {
		case "", "Succeeded":
			return nil
		case "Failed":
			return fmt.Errorf("put %s: %v", id, answer)
		}
		status, answer, err = do(http.MethodGet, nil)
	}
	if err != nil {
		return fmt.Errorf("put %s: %w", id, err)
	}
	return fmt.Errorf("put %s: %d %v", id, status, answer)
}

func (r *Rig) token(ctx context.Context, client *http.Client) (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"someone"}, "client_secret": {"x"}, "scope": {"x/.default"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.Sim.URL()+"/"+azuresim.DefaultTenant+"/oauth2/v2.0/token",
		bytes.NewReader([]byte(form.Encode())))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	return answer.Token, json.NewDecoder(resp.Body).Decode(&answer)
}
