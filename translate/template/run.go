package template

import "github.com/ingot-build/ingot/translate/armjson"

// This file reads what surrounds a run: failure policy, optimizing, validating, running by itself.

func (d *decoder) errorHandling(into *ErrorHandling) reader {
	return func(n *armjson.Node, path string) {
		into.Written = written(n)
		d.object(n, path, "errorHandling", []property{
			{name: "onCustomizerError", read: d.str(&into.OnCustomizerError)},
			{name: "onValidationError", read: d.str(&into.OnValidationError)},
		})
	}
}

func (d *decoder) optimize(into *Optimize) reader {
	return func(n *armjson.Node, path string) {
		into.Written = written(n)
		d.object(n, path, "optimize", []property{
			{name: "vmBoot", read: d.state(&into.VMBootState, "vmBoot")},
			{name: "workload", since: v20251001, read: d.state(&into.WorkloadState, "workload",
				property{name: "scriptUri", read: ignored}, property{name: "sha256Checksum", read: ignored})},
		})
	}
}

// state reads an object whose "state" is Enabled or Disabled. More rows may be given.
func (d *decoder) state(into *String, what string, more ...property) reader {
	return func(n *armjson.Node, path string) {
		d.object(n, path, what, append([]property{{name: "state", read: d.str(into)}}, more...))
	}
}

// validate reads the validators by the tables of the customizers of the same name, for their shape only.
func (d *decoder) validate(into *Validate) reader {
	return func(n *armjson.Node, path string) {
		into.Written = written(n)
		d.object(n, path, "validate", []property{
			{name: "continueDistributeOnFailure", read: d.boolean(&into.ContinueDistributeOnFailure)},
			{name: "sourceValidationOnly", read: d.boolean(&into.SourceValidationOnly)},
			{name: "inVMValidations", read: list(d, &into.InVMValidations, d.validator)},
		})
	}
}

func (d *decoder) validator(n *armjson.Node, path string) (Property, bool) {
	p := Property{Path: path, Written: written(n)}
	union(d, n, path, "validator", []variant[Property]{
		{name: "Shell", read: func(n *armjson.Node, path string) Property { d.shell(n, path, "a Shell validator"); return p }},
		{name: "PowerShell", read: func(n *armjson.Node, path string) Property { d.powerShell(n, path, "a PowerShell validator"); return p }},
		{name: "File", since: v20220701, read: func(n *armjson.Node, path string) Property { d.file(n, path, "a File validator"); return p }},
	}, func(*armjson.Node, string) Property { return p })
	return p, true // one that cannot be read is one all the same
}
