package lower

// lowerMachine takes what the template says about the disks of the build VM, which become those of the image.
func lowerMachine(l *lowering) {
	l.p.OSDiskSizeGB = l.t.VMProfile.OSDiskSizeGB.Value
	for _, d := range l.t.DataDisks.Value {
		l.p.DataDisksGB = append(l.p.DataDisksGB, d.SizeGB.Value)
	}
}
