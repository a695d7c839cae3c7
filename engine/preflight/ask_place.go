package preflight

import (
	"context"
	"errors"
	"strings"
)

// Versions of the API, by provider. They are the newest that all of Azure's clouds have.
const (
	resourcesAPI   = "2021-04-01"
	computeAPI     = "2024-07-01"
	galleryAPI     = "2023-07-03"
	skusAPI        = "2021-07-01"
	networkAPI     = "2024-01-01"
	identityAPI    = "2023-01-31"
	storageAPI     = "2023-01-01"
	termsAPI       = "2021-01-01"
	policyAPI      = "2023-03-01"
	permissionsAPI = "2022-04-01"
)

// checkProvider sees whether a provider is registered.
func checkProvider(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	p, err := get[struct {
		State string `json:"registrationState"`
	}](ctx, a, f.Scope+"/providers/"+f.Subject, resourcesAPI)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(p.State, "Registered") {
		return nil, nil
	}
	return []Finding{wrong(CodeProvider, "the provider %q is not registered in the subscription, but %q", f.Subject, p.State)}, nil
}

// located is a resource of which only the place and the tags count.
type located struct {
	Location string            `json:"location"`
	Tags     map[string]string `json:"tags"`
}

// templateTag is the tag by which the service and Ingot mark the image template that a staging resource group is for.
const templateTag = "imageTemplateName"

// checkStagingGroup looks at the group that is named. One that is not there is made, if the builder may.
func checkStagingGroup(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	g, err := get[located](ctx, a, f.Scope, resourcesAPI)
	if absent(err) {
		grants, err := a.grants(ctx, f.Want.Home)
		if err != nil {
			return nil, err
		}
		if Allows(grants, "Microsoft.Resources/subscriptions/resourceGroups/write", false) {
			return nil, nil
		}
		return []Finding{wrong(CodeStagingGroup, "the staging resource group %q does not exist, and the builder may not make it",
			f.Subject)}, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Finding
	if in := regionName(g.Location); f.Want.Location != "" && in != f.Want.Location {
		list = append(list, wrong(CodeStagingGroup, "the staging resource group %q is in %s, and the image template in %s", f.Subject, in,
			f.Want.Location))
	}
	for name, value := range g.Tags {
		if strings.EqualFold(name, templateTag) && value != f.Want.Template {
			list = append(list, wrong(CodeStagingGroup, "the staging resource group %q is that of the image template %q", f.Subject, value))
		}
	}
	inside, err := getAll[struct {
		ID string `json:"id"`
	}](ctx, a, f.Scope+"/resources", resourcesAPI)
	if err != nil {
		return list, err
	}
	if len(inside) > 0 {
		list = append(list, wrong(CodeStagingGroup, "the staging resource group %q is not empty: it has %q", f.Subject, inside[0].ID))
	}
	return list, nil
}

// checkGroup sees whether the resource group of a managed image is there.
func checkGroup(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	if _, err := get[located](ctx, a, f.Scope, resourcesAPI); absent(err) {
		return []Finding{wrong(CodeResourceGroup, "the resource group %q does not exist", f.Subject)}, nil
	} else {
		return nil, err
	}
}

// checkIdentity sees whether an identity of the build VM is there.
func checkIdentity(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	if _, err := get[located](ctx, a, f.Scope, identityAPI); absent(err) {
		return []Finding{wrong(CodeIdentity, "the managed identity %q does not exist", f.Subject)}, nil
	} else {
		return nil, err
	}
}

// subnet is what counts of one.
type subnet struct {
	Properties struct {
		Delegations []struct {
			Properties struct {
				Service string `json:"serviceName"`
			} `json:"properties"`
		} `json:"delegations"`
	} `json:"properties"`
}

// checkSubnet looks at the subnet and its network. A network that the image template only has the name of is the plugin's
// to find.
func checkSubnet(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	vnet, _, named := strings.Cut(f.Scope, "/subnets/")
	if !strings.Contains(strings.ToLower(vnet), "/virtualnetworks/") {
		return nil, nil
	}
	v, err := get[located](ctx, a, vnet, networkAPI)
	if absent(err) {
		return []Finding{wrong(CodeSubnet, "the virtual network %q does not exist", vnet)}, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Finding
	if in := regionName(v.Location); f.Want.Location != "" && in != f.Want.Location {
		list = append(list, wrong(CodeSubnet, "the virtual network %q is in %s, and the build VM in %s", vnet, in, f.Want.Location))
	}
	if !named {
		return list, nil
	}
	s, err := get[subnet](ctx, a, f.Scope, networkAPI)
	if absent(err) {
		return append(list, wrong(CodeSubnet, "the subnet %q does not exist", f.Subject)), nil
	}
	if err != nil {
		return list, err
	}
	for _, d := range s.Properties.Delegations {
		list = append(list, wrong(CodeSubnet, "the subnet %q is delegated to %s", f.Subject, d.Properties.Service))
	}
	return list, nil
}

// checkStorage sees whether the container is there. Whether an account that is not in the subscription is in another one, nobody
// can say without knowing which: a script may be anybody's public blob.
func checkStorage(ctx context.Context, a *Azure, f Fact) ([]Finding, error) {
	id, err := a.containerID(ctx, f.Subject, []string{f.Want.Home})
	if err != nil {
		return nil, err
	}
	if id == "" {
		return nil, errors.New("no storage account of the subscription has that name; it is another subscription's, or nobody's")
	}
	if _, err := get[struct{}](ctx, a, id, storageAPI); absent(err) {
		return []Finding{wrong(CodeStorage, "the container %q does not exist", f.Subject)}, nil
	} else {
		return nil, err
	}
}

// containerID finds the resource id of a container by its URL; "" if no account in the subscriptions has that address.
func (a *Azure) containerID(ctx context.Context, containerURL string, homes []string) (string, error) {
	_, account, _ := container(containerURL)
	name := containerURL[strings.LastIndexByte(containerURL, '/')+1:]
	for _, home := range homes {
		accounts, err := getAll[struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		}](ctx, a, home+"/providers/Microsoft.Storage/storageAccounts", storageAPI)
		if err != nil {
			return "", err
		}
		for _, acc := range accounts {
			if strings.EqualFold(acc.Name, account) {
				return acc.ID + "/blobServices/default/containers/" + name, nil
			}
		}
	}
	return "", nil
}
