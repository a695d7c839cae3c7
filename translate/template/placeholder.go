package template

import "regexp"

// placeholderForm has the ways in which published templates mark what the reader is to fill in. None of them can be part of a
// resource id, a resource name or a region.
var placeholderForm = regexp.MustCompile(`<[^<>]+>` + // <subscriptionID>
	`|#?\{+[^{}]+\}+#?` + // {subscription-id}, and #{token}# of pipelines
	`|\$\(?[A-Za-z_][A-Za-z0-9_.]*\)?` + // $subscriptionID, $(subscriptionID)
	`|__[A-Za-z][A-Za-z0-9_]*__` + // __subscriptionID__
	`|\b[xX]{4,}\b` + // xxxxxxxx-xxxx-…
	`|^\[.+\]$`) // an expression that nothing evaluates, in a bare body

// Placeholder returns the first placeholder in a resource id, a resource name, a region or an api-version; "" if there is none. What
// has one says nothing yet about the value that will be sent.
func Placeholder(s string) string { return placeholderForm.FindString(s) }
