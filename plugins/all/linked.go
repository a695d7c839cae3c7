package all

// Linked gives the plugins of Packer's own world that the components here stand for, by source address, with the version that each
// does as. A Packer template that requires such a version needs no plugin installed.
func Linked() map[string]string {
	return map[string]string{
		"github.com/ingot-build/ingot":  "0.1.0",
		"github.com/rgl/windows-update": "0.16.9",
	}
}
