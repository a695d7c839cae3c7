package preflight

var (
	// captureCalls keep the OS disk, which is where the plugin's half ends.
	captureCalls = []call{
		{"Microsoft.Compute/snapshots/read", Plugin, "see that the snapshot is not there yet, and wait for it"},
		{"Microsoft.Compute/snapshots/write", Plugin, "keep the OS disk as a snapshot"},
		{"Microsoft.Compute/disks/beginGetAccess/action", Link, "read the disk that a snapshot is made of"},
		{"Microsoft.Compute/snapshots/read", Ingot, "find it again"},
		{"Microsoft.Compute/snapshots/delete", Ingot, "remove the snapshot when it is distributed"},
	}
	dataDiskCalls = []call{
		{"Microsoft.Compute/snapshots/write", Plugin, "keep the data disks as snapshots"},
	}
)

func (d *deriver) capture() error {
	if !d.builds() {
		return nil
	}
	d.need(d.group, "properties.distribute", captureCalls...)
	if len(d.plan.DataDisksGB) > 0 {
		d.need(d.group, "properties.additionalDataDisks", dataDiskCalls...)
	}
	return nil
}

// validationCalls make the image that a validation VM is made of. The machine is made as the build VM is.
var validationCalls = []call{
	{"Microsoft.Compute/images/write", Ingot, "make the image that the validation VM is made of"},
	{"Microsoft.Compute/images/read", Plugin, "find the image that the validation VM is made of"},
	{"Microsoft.Compute/images/delete", Ingot, "remove the image that the validation VM was made of"},
}

func (d *deriver) validation() error {
	if d.plan.Validation != nil && d.builds() {
		d.need(d.group, "properties.validate", validationCalls...)
	}
	return nil
}
