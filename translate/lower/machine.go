package lower

// lowerMachine takes what the template says about the build VM and a local VM can follow. The VM's size, network and
// identities are Azure's; translate/check says so where they are written.
func lowerMachine(l *lowering) {
	l.p.OSDiskSizeGB = l.t.VMProfile.OSDiskSizeGB.Value
}
