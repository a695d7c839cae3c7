package azuresim_test

import (
	"os"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
	"github.com/ingot-build/ingot/engine/target/azure/azuresim/lightguest"
)

// TestWhatABuildWroteIsOnTheImage builds an image, and another one from it: the second machine has what the first one was
// given. When images and groups are gone, so are the disks.
func TestWhatABuildWroteIsOnTheImage(t *testing.T) {
	dir := t.TempDir()
	r := newPackerRig(t, azuresim.Options{Machines: &lightguest.Machines{Dir: dir, Port: sshPort}})
	r.group("images")
	const deprovision = `provisioner "shell" { inline = ["sudo /usr/sbin/waagent -force -deprovision+user"] }`
	r.built(r.source(ubuntu+`
  managed_image_resource_group_name = "images"
  managed_image_name                = "base"
`), `provisioner "shell" { inline = ["sudo sh -c 'echo first > /etc/built'"] }
`+deprovision)
	if kept := disksIn(t, dir); len(kept) != 1 {
		t.Errorf("there are the disks %q, want that of the image", kept)
	}
	r.built(r.source(`
  os_type = "Linux"
  custom_managed_image_resource_group_name = "images"
  custom_managed_image_name                = "base"
  managed_image_resource_group_name        = "images"
  managed_image_name                       = "web"
`), `provisioner "shell" { inline = ["test \"$(cat /etc/built)\" = first"] }
`+deprovision)
	arm := newARM(t, r.sim)
	group := subscription + "/resourceGroups/images"
	arm.do("DELETE", group, "2024-03-01", "")
	arm.wait(group, "2024-03-01")
	if kept := disksIn(t, dir); len(kept) != 0 {
		t.Errorf("disks that are left: %q", kept)
	}
}

func disksIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
