package template

import "github.com/ingot-build/ingot/translate/armjson"

// This file reads what surrounds a run: the build VM, failure policy, optimizing, validating, running by itself.

func (d *decoder) vmProfile(into *VMProfile) reader {
	return func(n *armjson.Node, path string) {
		into.Written = written(n)
		d.object(n, path, form{what: "vmProfile", typ: "ImageTemplateVmProfile", fields: fields{
			"vmSize":                 d.str(&into.VMSize),
			"osDiskSizeGB":           d.integer(&into.OSDiskSizeGB),
			"vnetConfig":             d.vnetConfig(&into.VNetConfig),
			"userAssignedIdentities": d.strings(&into.UserAssignedIdentity),
		}})
	}
}

func (d *decoder) vnetConfig(into *VNetConfig) reader {
	return func(n *armjson.Node, path string) {
		into.Written = written(n)
		d.object(n, path, form{what: "vnetConfig", typ: "VirtualNetworkConfig", fields: fields{
			"subnetId":                  d.str(&into.SubnetID),
			"containerInstanceSubnetId": d.str(&into.ContainerInstanceSubnetID),
			"proxyVmSize":               d.str(&into.ProxyVMSize),
			"name":                      d.str(&into.Name),
			"subnetName":                d.str(&into.SubnetName),
			"resourceGroupName":         d.str(&into.ResourceGroupName),
		}})
	}
}

func (d *decoder) errorHandling(into *ErrorHandling) reader {
	return func(n *armjson.Node, path string) {
		into.Written = written(n)
		d.object(n, path, form{what: "errorHandling", typ: "ImageTemplatePropertiesErrorHandling", fields: fields{
			"onCustomizerError": d.str(&into.OnCustomizerError),
			"onValidationError": d.str(&into.OnValidationError),
		}})
	}
}

func (d *decoder) optimize(into *Optimize) reader {
	return func(n *armjson.Node, path string) {
		into.Written = written(n)
		d.object(n, path, form{what: "optimize", typ: "ImageTemplatePropertiesOptimize", fields: fields{
			"vmBoot": func(n *armjson.Node, path string) {
				d.object(n, path, form{what: "vmBoot", typ: "ImageTemplatePropertiesOptimizeVmBoot",
					fields: fields{"state": d.str(&into.VMBootState)}})
			},
			"workload": func(n *armjson.Node, path string) {
				d.object(n, path, form{what: "workload", typ: "ImageTemplatePropertiesOptimizeWorkload", fields: fields{
					"state":          d.str(&into.WorkloadState),
					"scriptUri":      d.str(&into.Workload.ScriptURI),
					"sha256Checksum": d.str(&into.Workload.SHA256Checksum),
				}})
			},
		}})
	}
}

func (d *decoder) validate(into *Validate) reader {
	return func(n *armjson.Node, path string) {
		into.Written = written(n)
		d.object(n, path, form{what: "validate", typ: "ImageTemplatePropertiesValidate", fields: fields{
			"continueDistributeOnFailure": d.boolean(&into.ContinueDistributeOnFailure),
			"sourceValidationOnly":        d.boolean(&into.SourceValidationOnly),
			"inVMValidations":             d.validators(&into.InVMValidations),
		}})
	}
}

func (d *decoder) autoRun(into *String) reader {
	return func(n *armjson.Node, path string) {
		d.object(n, path, form{what: "autoRun", typ: "ImageTemplateAutoRun", fields: fields{"state": d.str(into)}})
	}
}
