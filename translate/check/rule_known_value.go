package check

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/template"
)

// knownValue looks at the properties whose values form a closed set and that no other rule is about.
func knownValue(t *template.ImageTemplate, r *report) {
	onOff := []string{"Enabled", "Disabled"}
	r.oneOf(t.AutoRunState, "properties.autoRun.state", onOff...)
	r.oneOf(t.Optimize.VMBootState, "properties.optimize.vmBoot.state", onOff...)
	r.oneOf(t.Optimize.WorkloadState, "properties.optimize.workload.state", onOff...)
	r.oneOf(t.ErrorHandling.OnCustomizerError, "properties.errorHandling.onCustomizerError", "cleanup", "abort")
	r.oneOf(t.ErrorHandling.OnValidationError, "properties.errorHandling.onValidationError", "cleanup", "abort")

	storage := []string{"Standard_LRS", "Standard_ZRS"}
	if !t.Before("2022-07-01") {
		storage = append(storage, "Premium_LRS")
	}
	for _, s := range sharedImages(t) {
		r.oneOf(s.StorageAccountType, s.Path+".storageAccountType", storage...)
		r.oneOf(s.ReplicationMode, s.Path+".replicationMode", "Full", "Shallow")
		for i, region := range s.TargetRegions.Value {
			r.oneOf(region.StorageAccountType, fmt.Sprintf("%s.targetRegions[%d].storageAccountType", s.Path, i), storage...)
		}
	}
}
