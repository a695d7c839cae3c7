package all

import (
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/checksum"
	"github.com/ingot-build/ingot/plugins/manifest"
)

// PostProcessors returns the post-processors: the types of "post-processor" blocks.
func PostProcessors() map[string]func() packersdk.PostProcessor {
	return map[string]func() packersdk.PostProcessor{
		"checksum": checksum.New,
		"manifest": manifest.New,
	}
}
