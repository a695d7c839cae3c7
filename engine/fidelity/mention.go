package fidelity

import (
	"bytes"
	"fmt"
	"io"

	"github.com/ingot-build/ingot/translate/plan"
)

// signs are texts that tell of a use of Azure's fabric: its addresses, and what asks at one of them without naming it.
var signs = []struct{ text, address string }{
	{MetadataAddress, MetadataAddress},
	{"metadata.azure.internal", MetadataAddress},
	{"az login --identity", MetadataAddress},
	{"az login -i", MetadataAddress},
	{"azcopy login --identity", MetadataAddress},
	{"Connect-AzAccount -Identity", MetadataAddress},
	{"ManagedIdentityCredential", MetadataAddress}, // the classes of the Azure SDKs
	{"DefaultAzureCredential", MetadataAddress},
	{WireServer, WireServer},
}

// maxScan is how much of a content is read: what asks for metadata is a script or a small program.
const maxScan = 32 << 20

// Mentions lists which steps of p name an address of Azure's fabric, each address once for each step, in step order. open gives the bytes
// of a content that came from a URI, which has been fetched.
func Mentions(p *plan.Plan, open func(c *plan.Content) (io.ReadCloser, error)) ([]Mention, error) {
	var found []Mention
	for _, step := range p.AllSteps() {
		c := step.Content()
		if c == nil || step.Hidden {
			continue
		}
		text := []byte(c.Text)
		if c.URI != "" {
			var err error
			if text, err = read(c, open); err != nil {
				return nil, fmt.Errorf("read what step %s runs: %w", step.ID, err)
			}
		}
		seen := map[string]bool{}
		for _, sign := range signs {
			if !seen[sign.address] && bytes.Contains(text, []byte(sign.text)) {
				seen[sign.address] = true
				found = append(found, Mention{Step: step.ID, Address: sign.address, Text: sign.text, Origin: c.Origin})
			}
		}
	}
	return found, nil
}

func read(c *plan.Content, open func(*plan.Content) (io.ReadCloser, error)) ([]byte, error) {
	f, err := open(c)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxScan))
}
