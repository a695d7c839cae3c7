package template

import "slices"

// The api-versions that changed what this package reads. Versions compare as text.
const (
	v20180201 = "2018-02-01-preview"
	v20190201 = "2019-02-01-preview"
	v20190501 = "2019-05-01-preview"
	v20200214 = "2020-02-14"
	v20211001 = "2021-10-01"
	v20220214 = "2022-02-14"
	v20220701 = "2022-07-01"
	v20230701 = "2023-07-01"
	v20240201 = "2024-02-01"
	v20251001 = "2025-10-01"
)

// APIVersions returns every api-version that was published, oldest first. There are no others.
func APIVersions() []string {
	return []string{
		v20180201, v20190201, v20190501, v20200214, v20211001,
		v20220214, v20220701, v20230701, v20240201, v20251001,
	}
}

// LatestAPIVersion is what a template is read as when it has no api-version, or none that was published. Bare bodies have
// none mostly: there the version is given when they are sent.
const LatestAPIVersion = v20251001

// KnownAPIVersion reports whether v was published.
func KnownAPIVersion(v string) bool { return slices.Contains(APIVersions(), v) }

// Strict reports whether the service refuses unknown and wrongly cased properties under api-version v. Before 2024-02-01 it
// ignored the first and accepted the second.
func Strict(v string) bool { return v >= v20240201 }

// EffectiveAPIVersion is the api-version the template is read as; "" when it is not known before the deployment.
func (t *ImageTemplate) EffectiveAPIVersion() string {
	switch {
	case !t.APIVersion.IsKnown():
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
