package main

import (
	"context"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// azure is what the trial itself asks of Azure, beside what Ingot does.
type azure struct {
	groups    *armresources.ResourceGroupsClient
	resources *armresources.Client
}

// The api-versions for galleries with what is in them, and for managed images.
const (
	galleryAPI = "2023-07-03"
	imageAPI   = "2024-07-01"
)

func newAzure(account *azurearm.Account) (*azure, error) {
	groups, err := armresources.NewResourceGroupsClient(account.Subscription, account.Credential, account.Options())
	if err != nil {
		return nil, err
	}
	resources, err := armresources.NewClient(account.Subscription, account.Credential, account.Options())
	return &azure{groups, resources}, err
}

func (a *azure) group(ctx context.Context, name, location string) error {
	tag := "true"
	_, err := a.groups.CreateOrUpdate(ctx, name, armresources.ResourceGroup{Location: &location,
		Tags: map[string]*string{"ingot-accept": &tag}}, nil)
	return err
}

func (a *azure) put(ctx context.Context, id, location string, properties map[string]any) error {
	p, err := a.resources.BeginCreateOrUpdateByID(ctx, id, galleryAPI, armresources.GenericResource{Location: &location,
		Properties: properties}, nil)
	if err == nil {
		_, err = p.PollUntilDone(ctx, nil)
	}
	return err
}

// state is the provisioning state of an image or an image version.
func (a *azure) state(ctx context.Context, id, version string) (string, error) {
	got, err := a.resources.GetByID(ctx, id, version, nil)
	if err != nil {
		return "", err
	}
	properties, _ := got.Properties.(map[string]any)
	state, _ := properties["provisioningState"].(string)
	return state, nil
}

// delete deletes a resource group, and waits for the end of that.
func (a *azure) delete(ctx context.Context, group string) error {
	p, err := a.resources.BeginDeleteByID(ctx, group, "2024-03-01", nil)
	if err == nil {
		_, err = p.PollUntilDone(ctx, nil)
	}
	return err
}

// tagged are the ids of all resources and resource groups with a tag.
func (a *azure) tagged(ctx context.Context, name, value string) ([]string, error) {
	filter := fmt.Sprintf("tagName eq '%s' and tagValue eq '%s'", name, value)
	var ids []string
	for pages := a.groups.NewListPager(&armresources.ResourceGroupsClientListOptions{Filter: &filter}); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range page.Value {
			ids = append(ids, *g.ID)
		}
	}
	for pages := a.resources.NewListPager(&armresources.ClientListOptions{Filter: &filter}); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Value {
			ids = append(ids, *r.ID)
		}
	}
	return ids, nil
}
