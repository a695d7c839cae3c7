package template

import "github.com/ingot-build/ingot/translate/schema"

// APIVersions returns every api-version that was published, oldest first. There are no others.
func APIVersions() []string { return schema.Versions() }

// LatestAPIVersion is what a template is read as when it has no api-version, or none that was published. Bare bodies have
// none mostly: there the version is given when they are sent.
const LatestAPIVersion = "2025-10-01"

// KnownAPIVersion reports whether v was published.
func KnownAPIVersion(v string) bool { return schema.Known(v) }

// Strict reports whether the service refuses unknown and wrongly cased properties under api-version v. Before 2024-02-01 it
// ignored the first and accepted the second.
func Strict(v string) bool { return v >= "2024-02-01" }

// EffectiveAPIVersion is the api-version the template is read as; "" when it is not known before the deployment.
func (t *ImageTemplate) EffectiveAPIVersion() string {
	switch {
	case !t.APIVersion.IsKnown(), Placeholder(t.APIVersion.Value) != "":
		return ""
	case !KnownAPIVersion(t.APIVersion.Value):
		return LatestAPIVersion
	}
	return t.APIVersion.Value
}

// Since reports whether the template is read as api-version v or a later one for certain.
func (t *ImageTemplate) Since(v string) bool {
	have := t.EffectiveAPIVersion()
	return have != "" && have >= v
}

// Before reports whether the template is read as an api-version older than v for certain.
func (t *ImageTemplate) Before(v string) bool {
	have := t.EffectiveAPIVersion()
	return have != "" && have < v
}
