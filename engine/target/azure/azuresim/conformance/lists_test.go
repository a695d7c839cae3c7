package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// TestLists asks for groups and resources by tag and type, page by page.
func TestLists(t *testing.T) {
	r := newRig(t, azuresim.Options{PageSize: 2})
	ctx := t.Context()
	for i := range 5 {
		tags := map[string]*string{"ingot-run": to.Ptr(fmt.Sprint(i % 2)), "it's": to.Ptr("o'clock")}
		must(r.groups.CreateOrUpdate(ctx, fmt.Sprintf("g%d", i), armresources.ResourceGroup{Location: to.Ptr(place), Tags: tags}, nil))(t)
	}
	groups := func(filter string) []string {
		var names []string
		for _, g := range all(t, r.groups.NewListPager(&armresources.ResourceGroupsClientListOptions{Filter: &filter}),
			func(p armresources.ResourceGroupsClientListResponse) []*armresources.ResourceGroup { return p.Value }) {
			names = append(names, *g.Name)
		}
		return names
	}
	for filter, want := range map[string][]string{
		"":                       {group, "g0", "g1", "g2", "g3", "g4"},
		"tagName eq 'ingot-run'": {"g0", "g1", "g2", "g3", "g4"},
		"tagName eq 'INGOT-RUN' and tagValue eq '0'":    {"g0", "g2", "g4"},
		"tagName eq 'it''s' and tagValue eq 'o''clock'": {"g0", "g1", "g2", "g3", "g4"},
		"tagName eq 'ingot-run' and tagValue eq ''":     nil,
	} {
		if diff := cmp.Diff(want, groups(filter)); diff != "" {
			t.Errorf("%s: %s", filter, diff)
		}
	}
	pages := 0
	for pager := r.groups.NewListPager(nil); pager.More(); pages++ {
		must(pager.NextPage(ctx))(t)
	}
	if pages != 3 {
		t.Errorf("6 groups are on %d pages of 2", pages)
	}

	r.nic()
	r.disk("data")
	anything := must(armresources.NewClient(sub, r.cred, r.options))(t)
	types := func(filter string) (found []string) {
		for _, x := range all(t, anything.NewListPager(&armresources.ClientListOptions{Filter: &filter,
			Expand: to.Ptr("createdTime,changedTime,provisioningState")}),
			func(p armresources.ClientListResponse) []*armresources.GenericResourceExpanded { return p.Value }) {
			if x.CreatedTime == nil || x.ChangedTime == nil || x.ProvisioningState == nil {
				t.Errorf("%s is from %v, changed at %v, and %v", *x.ID, x.CreatedTime, x.ChangedTime, x.ProvisioningState)
			}
			found = append(found, strings.ToLower((*x.Type)[strings.LastIndex(*x.Type, "/")+1:]))
		}
		slices.Sort(found)
		return found
	}
	for filter, want := range map[string][]string{
		"resourceType eq 'Microsoft.Compute/disks'": {"disks"},
		"resourceType ne 'Microsoft.Compute/disks' and resourceGroup eq 'images'": {
			"networkinterfaces", "networksecuritygroups", "publicipaddresses", "virtualnetworks"},
		"name eq 'nic'":        {"networkinterfaces"},
		"location eq 'eastus'": nil,
	} {
		if diff := cmp.Diff(want, types(filter)); diff != "" {
			t.Errorf("%s: %s", filter, diff)
		}
	}
	for _, bad := range []string{"tagName", "color eq 'red'", "tagName eq 'a' and name eq 'b'", "tagValue eq 'a'"} {
		_, err := anything.NewListPager(&armresources.ClientListOptions{Filter: &bad}).NextPage(ctx)
		refused(t, err, http.StatusBadRequest, "InvalidFilterInQueryString")
	}
}

// TestTags changes the tags of a group and of a resource in each of the ways that there are.
func TestTags(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	ctx := t.Context()
	tags := must(armresources.NewTagsClient(sub, r.cred, r.options))(t)
	disk := strings.TrimPrefix(r.disk("data"), "/")
	given := func(pairs ...string) map[string]*string {
		m := map[string]*string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = &pairs[i+1]
		}
		return m
	}
	must(tags.CreateOrUpdateAtScope(ctx, disk, armresources.TagsResource{
		Properties: &armresources.Tags{Tags: given("a", "1", "b", "2")}}, nil))(t)
	for _, step := range []struct {
		how         armresources.TagsPatchOperation
		given, want map[string]*string
	}{
		{armresources.TagsPatchOperationMerge, given("B", "3", "c", "4"), given("a", "1", "B", "3", "c", "4")},
		{armresources.TagsPatchOperationDelete, given("c", "5", "a", "1"), given("B", "3", "c", "4")},
		{armresources.TagsPatchOperationReplace, given("d", "6"), given("d", "6")},
	} {
		got := must(tags.UpdateAtScope(ctx, disk, armresources.TagsPatchResource{Operation: to.Ptr(step.how),
			Properties: &armresources.Tags{Tags: step.given}}, nil))(t)
		if diff := cmp.Diff(step.want, got.Properties.Tags); diff != "" {
			t.Errorf("%s: %s", step.how, diff)
		}
	}
	if got := must(r.compute.NewDisksClient().Get(ctx, group, "data", nil))(t); *got.Tags["d"] != "6" || *got.Properties.DiskSizeGB != 30 {
		t.Errorf("the disk is %v", got)
	}
	must(tags.DeleteAtScope(ctx, disk, nil))(t)
	if got := must(tags.GetAtScope(ctx, disk, nil))(t); len(got.Properties.Tags) != 0 {
		t.Errorf("after all were deleted: %v", got.Properties.Tags)
	}
	_, err := tags.GetAtScope(ctx, disk+"no", nil)
	refused(t, err, http.StatusNotFound, "ResourceNotFound")

	must(r.groups.Update(ctx, group, armresources.ResourceGroupPatchable{Tags: given("a", "1")}, nil))(t)
	must(r.groups.Update(ctx, group, armresources.ResourceGroupPatchable{Tags: given("b", "2")}, nil))(t)
	got := must(tags.GetAtScope(ctx, "subscriptions/"+sub+"/resourceGroups/"+group, nil))(t)
	if diff := cmp.Diff(given("b", "2"), got.Properties.Tags); diff != "" {
		t.Errorf("the tags of the group: %s", diff)
	}
}

// lock makes a lock at a scope by the client for any resource, and gives its id.
func (r *rig) lock(scope, level string) string {
	r.Helper()
	id := scope + "/providers/Microsoft.Authorization/locks/keep"
	anything := must(armresources.NewClient(sub, r.cred, r.options))(r.T)
	done(anything.BeginCreateOrUpdateByID(r.Context(), id, "2020-05-01", armresources.GenericResource{
		Properties: map[string]any{"level": level}}, nil))(r.T)
	return id
}

// TestLocks has locks hold what they are on, what is around it and what is inside it, until they go.
func TestLocks(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	ctx := t.Context()
	disk := r.disk("data")
	disks := r.compute.NewDisksClient()
	anything := must(armresources.NewClient(sub, r.cred, r.options))(t)
	inGroup := "/subscriptions/" + sub + "/resourceGroups/" + group
	for _, scope := range []string{disk, inGroup, "/subscriptions/" + sub} {
		lock := r.lock(scope, "CanNotDelete")
		_, err := disks.BeginDelete(ctx, group, "data", nil)
		refused(t, err, http.StatusConflict, "ScopeLocked")
		_, err = r.groups.BeginDelete(ctx, group, nil)
		refused(t, err, http.StatusConflict, "ScopeLocked")
		r.disk("data") // it may be changed
		done(anything.BeginDeleteByID(ctx, lock, "2020-05-01", nil))(t)
	}
	r.lock(inGroup, "ReadOnly")
	_, err := r.groups.CreateOrUpdate(ctx, group, armresources.ResourceGroup{Location: to.Ptr(place)}, nil)
	refused(t, err, http.StatusConflict, "ScopeLocked")
	_, err = r.compute.NewSnapshotsClient().BeginRevokeAccess(ctx, group, "data", nil)
	refused(t, err, http.StatusNotFound, "ResourceNotFound")
	_, err = disks.BeginRevokeAccess(ctx, group, "data", nil)
	refused(t, err, http.StatusConflict, "ScopeLocked")
	must(disks.Get(ctx, group, "data", nil))(t)
}

// TestDeploymentsOfAGroup lists them; what they made has the tags that it was given, disks those of their machine.
func TestDeploymentsOfAGroup(t *testing.T) {
	r := newRig(t, azuresim.Options{})
	ctx := t.Context()
	deployments := must(armresources.NewDeploymentsClient(sub, r.cred, r.options))(t)
	done(deployments.BeginCreateOrUpdate(ctx, group, "pkrdp", armresources.Deployment{Properties: &armresources.DeploymentProperties{
		Mode: to.Ptr(armresources.DeploymentModeIncremental), Template: map[string]any{"contentVersion": "1.0.0.0",
			"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": []any{}}}}, nil))(t)
	list := all(t, deployments.NewListByResourceGroupPager(group, nil),
		func(p armresources.DeploymentsClientListByResourceGroupResponse) []*armresources.DeploymentExtended {
			return p.Value
		})
	if len(list) != 1 || *list[0].Name != "pkrdp" || *list[0].Properties.ProvisioningState != armresources.ProvisioningStateSucceeded {
		t.Errorf("the group has %d deployments", len(list))
	}
	vm := machine(r.nic(), "tagged")
	vm.Tags = map[string]*string{"ingot-run": to.Ptr("3f2a9c1e")}
	done(r.compute.NewVirtualMachinesClient().BeginCreateOrUpdate(ctx, group, "tagged", vm, nil))(t)
	disk := must(r.compute.NewDisksClient().Get(ctx, group, "tagged-os", nil))(t)
	if tag := disk.Tags["ingot-run"]; tag == nil || *tag != "3f2a9c1e" {
		t.Errorf("the disk has the tags %v", disk.Tags)
	}
}
