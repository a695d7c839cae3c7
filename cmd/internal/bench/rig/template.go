package rig

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Work is what a step does that is not the one that is looked at: a guest is busy with it for seconds.
const Work = "head -c 12000000 /dev/urandom | gzip -1 >~/%d.gz"

// Template writes an image template whose customizers run commands.
func (r *Rig) Template(name string, commands ...string) (path string, err error) {
	type object = map[string]any
	var steps []object
	for i, c := range commands {
		steps = append(steps, object{"type": "Shell", "name": fmt.Sprintf("step-%d", i+1), "inline": []string{c}})
	}
	const identity = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg/providers/" +
		"Microsoft.ManagedIdentity/userAssignedIdentities/id"
	text, err := json.MarshalIndent(object{
		"type": "Microsoft.VirtualMachineImages/imageTemplates", "apiVersion": "2024-02-01", "name": name, "location": "westeurope",
		"identity": object{"type": "UserAssigned", "userAssignedIdentities": object{identity: object{}}},
		"properties": object{
			"source":     object{"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest"},
			"customize":  steps,
			"distribute": []object{{"type": "VHD", "runOutputName": "disk"}},
		},
	}, "", "  ")
	if err != nil {
		return "", err
	}
	path = filepath.Join(r.Dir, name+".json")
	return path, os.WriteFile(path, text, 0o600)
}

// Five writes the template of five customizers, of which the last says mark.
func (r *Rig) Five(mark string) (string, error) {
	var commands []string
	for i := range 4 {
		commands = append(commands, fmt.Sprintf(Work, i))
	}
	return r.Template("five", append(commands, "echo "+mark)...)
}

// LastOfFive is the step that is edited.
const LastOfFive = "customize[4]"
