package gallery

import (
	"context"
	"slices"
)

// CheckImageID tells whether PublishImage would take the id. The error is *IDError.
func (g *Gallery) CheckImageID(imageID string) error {
	_, err := parseImageID(imageID)
	return err
}

// CheckDefinitionID tells whether PublishVersion would take the id. The error is *IDError.
func (g *Gallery) CheckDefinitionID(definitionID string) error {
	_, err := parseDefinitionID(definitionID)
	return err
}

// CheckVersionFree also tells, by *ExistsError, that the version exists already.
func (g *Gallery) CheckVersionFree(_ context.Context, definitionID string, v Version) error {
	def, err := parseDefinitionID(definitionID)
	if err != nil {
		return err
	}
	existing, err := g.versions(def)
	if err != nil {
		return err
	}
	if slices.Contains(existing, v) {
		return &ExistsError{ID: def.withVersion(v).String(), Newest: existing[len(existing)-1].String()}
	}
	return nil
}

// CheckVHDName tells whether PublishVHD would take the name. The error is *IDError.
func (g *Gallery) CheckVHDName(vhdName string) error {
	_, err := g.vhdPath(vhdName)
	return err
}

// parseImageID is parseID for a managed image alone.
func parseImageID(s string) (id, error) {
	i, err := parseID(s)
	if err == nil && i.image == "" {
		err = &IDError{ID: s, Bad: "a managed image is wanted here"}
	}
	return i, err
}

// parseDefinitionID is parseID for an image definition alone.
func parseDefinitionID(s string) (id, error) {
	i, err := parseID(s)
	if err == nil && (i.definition == "" || i.version != "") {
		err = &IDError{ID: s, Bad: "an image definition is wanted here"}
	}
	return i, err
}
