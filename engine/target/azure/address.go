package azure

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v7"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
)

// networkVersion is the api-version that interfaces and addresses are read in.
const networkVersion = "2023-09-01"

// hostOf asks where a VM is reached now: by the private address if it was reached by that, else by its public one, which may have
// changed. "" when Azure tells neither.
func (t *Target) hostOf(ctx context.Context, vm *armcompute.VirtualMachine, before string) (string, error) {
	client, err := armresources.NewClient(t.Account.Subscription, t.Account.Credential, t.Account.Options())
	if err != nil {
		return "", err
	}
	get := func(id string) (object, error) {
		found, err := client.GetByID(ctx, id, networkVersion, nil)
		properties, _ := found.Properties.(map[string]any)
		return properties, err
	}
	var private, public []string
	if p := vm.Properties.NetworkProfile; p != nil {
		for _, nic := range p.NetworkInterfaces {
			if nic == nil || nic.ID == nil {
				continue
			}
			card, err := get(*nic.ID)
			if err != nil {
				return "", err
			}
			for _, way := range card.objects("ipConfigurations") {
				way = way.object("properties")
				if address := way.text("privateIPAddress"); address != "" {
					private = append(private, address)
				}
				id := way.object("publicIPAddress").text("id")
				if id == "" {
					continue
				}
				address, err := get(id)
				if err != nil {
					return "", err
				}
				if text := address.text("ipAddress"); text != "" {
					public = append(public, text)
				}
			}
		}
	}
	for _, address := range append(private, public...) {
		if address == before {
			return before, nil
		}
	}
	for _, address := range append(public, private...) {
		return address, nil
	}
	return "", nil
}

// object is a part of an answer of Azure, which may lack anything.
type object map[string]any

func (o object) text(name string) string {
	s, _ := o[name].(string)
	return s
}

func (o object) object(name string) object {
	m, _ := o[name].(map[string]any)
	return m
}

func (o object) objects(name string) []object {
	list, _ := o[name].([]any)
	var all []object
	for _, v := range list {
		m, _ := v.(map[string]any)
		all = append(all, m)
	}
	return all
}
