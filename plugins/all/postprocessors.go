package all

import (
	"maps"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"

	"github.com/ingot-build/ingot/plugins/checksum"
	"github.com/ingot-build/ingot/plugins/manifest"
	"github.com/ingot-build/ingot/plugins/stock"
)

// PostProcessors returns the post-processors: the types of "post-processor" blocks.
func PostProcessors() map[string]func() packersdk.PostProcessor {
	all := stock.PostProcessors()
	maps.Copy(all, map[string]func() packersdk.PostProcessor{
		"checksum": checksum.New,
		"manifest": manifest.New,
	})
	return all
}
