package resolve

import (
	"fmt"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// The findings of this package.
const (
	CodeBadURI      diag.Code = "ING4001"
	CodeUnreachable diag.Code = "ING4002"
	CodeStatus      diag.Code = "ING4003"
	CodeNoFile      diag.Code = "ING4004"
	CodeTooLarge    diag.Code = "ING4005"
	CodeChecksum    diag.Code = "ING4006"
	CodeSource      diag.Code = "ING4007"
	CodeShrink      diag.Code = "ING4008"
	CodeOS          diag.Code = "ING4009"
	CodeVersion     diag.Code = "ING4010"
)

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	entry := func(c diag.Code, summary string) diag.Entry {
		return diag.Entry{Code: c, Severity: diag.Error, Summary: summary}
	}
	return []diag.Entry{
		entry(CodeBadURI, "a script or file is named by something that is neither an http(s) or file URL nor a path"),
		entry(CodeUnreachable, "a script or file could not be fetched from its server"),
		entry(CodeStatus, "the server of a script or file answered with an error"),
		entry(CodeNoFile, "a script or file is not on this machine, cannot be read, or is not a regular file"),
		entry(CodeTooLarge, "a script or file is larger than what Ingot sends to a build VM"),
		entry(CodeChecksum, "the bytes of a script or file do not have the sha256Checksum that the template gives"),
		entry(CodeSource, "no disk on this machine serves as the template's source"),
		entry(CodeShrink, "osDiskSizeGB is smaller than the source image"),
		entry(CodeOS, "the source image is of another OS family than the template is read for"),
		{Code: CodeVersion, Severity: diag.Warning, Summary: "the base image on this machine has another version than the template asks for"},
	}
}

// problem is a finding that does not know its place yet.
type problem struct {
	code              diag.Code
	summary, why, fix string
}

func (p *problem) at(o plan.Origin) diag.Diagnostic {
	return diag.Diagnostic{
		Severity: diag.Error, Code: p.code, Subject: o.Range, Path: o.Path, Summary: p.summary, Why: p.why, Fix: p.fix,
	}
}

// mismatch points at the checksum, not at the URI: that is the text to edit, once the new bytes are trusted.
func mismatch(c *plan.Content, got string) diag.Diagnostic {
	p := problem{
		code:    CodeChecksum,
		summary: fmt.Sprintf("%s has another SHA-256 than the template wants", shown(c.URI)),
		why:     fmt.Sprintf("wanted %s, got %s", c.SHA256, got),
		fix:     fmt.Sprintf("look at what changed; if the new content is right, write %q", got),
	}
	origin := c.ChecksumOrigin
	if origin.Path == "" {
		origin = c.Origin
	}
	d := p.at(origin)
	if origin.Path != c.Origin.Path && !c.Origin.Range.IsZero() {
		d.Related = []diag.Note{{Message: "the file is named here", Range: c.Origin.Range}}
	}
	return d
}
