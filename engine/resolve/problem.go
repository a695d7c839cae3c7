package resolve

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

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
	CodeOutside     diag.Code = "ING4011"
	CodeOffline     diag.Code = "ING4012"
	CodeNear        diag.Code = "ING4013"
	CodeOverride    diag.Code = "ING4014"
	CodeSuspect     diag.Code = "ING4015"
	CodeLarge       diag.Code = "ING4016"
)

// Codes lists the findings of this package, for the reference page.
func Codes() []diag.Entry {
	entry := func(c diag.Code, summary string) diag.Entry {
		return diag.Entry{Code: c, Severity: diag.Error, Summary: summary}
	}
	warning := func(c diag.Code, summary string) diag.Entry {
		return diag.Entry{Code: c, Severity: diag.Warning, Summary: summary}
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
		warning(CodeVersion, "the base image on this machine has another version than the template asks for"),
		entry(CodeOutside, "a script or file is outside the image template's folder, and --allow-local was not given"),
		entry(CodeOffline, "a script or file was not fetched before, and --offline was given"),
		entry(CodeNear, "a server sent on to an address of this machine, this site or this link, and --allow-private-addresses was not given"),
		warning(CodeOverride, "an override had nothing to do, or has other bytes than the template's sha256Checksum wants"),
		warning(CodeSuspect, "what came for a script or file is perhaps not what was meant: a web page, compressed bytes, a shell script in UTF-16"),
		warning(CodeLarge, "a file is larger than what the service documents for its File customizer"),
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

// mismatch points at the checksum, not at the URI: that is the text to edit, once the new bytes are trusted. For a file that was
// overridden it is a warning: it is being worked on.
func mismatch(c *plan.Content, got fetched) diag.Diagnostic {
	p := problem{
		code:    CodeChecksum,
		summary: fmt.Sprintf("%s has another SHA-256 than the template wants", shown(c.URI)),
		why:     fmt.Sprintf("wanted %s, got %s", c.SHA256, got.sha256),
		fix:     fmt.Sprintf("look at what changed; if the new content is right, write %q", got.sha256),
	}
	if got.from == FromOverride {
		p.code = CodeOverride
		p.summary = fmt.Sprintf("%s, which overrides %s, has another SHA-256 than the template wants", got.name, shown(c.URI))
		p.fix = fmt.Sprintf("when it is uploaded, write %q", got.sha256)
	}
	origin := c.ChecksumOrigin
	if origin.Path == "" {
		origin = c.Origin
	}
	d := p.at(origin)
	if got.from == FromOverride {
		d.Severity = diag.Warning
	}
	if origin.Path != c.Origin.Path && !c.Origin.Range.IsZero() {
		d.Related = []diag.Note{{Message: "the file is named here", Range: c.Origin.Range}}
	}
	return d
}

// problem words the failure of attempts at a download.
func (d *download) problem(err error, attempts int) *problem {
	p := &problem{code: CodeUnreachable, summary: fmt.Sprintf("%s was not reached", shown(d.uri)), why: transportReason(err),
		fix: "check the URL and this machine's network (curl -I URL); a proxy is taken from HTTPS_PROXY"}
	if isType[*cutError](err) {
		p.summary = fmt.Sprintf("%s did not come whole", shown(d.uri))
	}
	if isType[*nearError](err) {
		p.code, p.summary = CodeNear, fmt.Sprintf("%s leads where it may not", shown(d.uri))
		p.fix = "if you trust the server and what it sends on to: --allow-private-addresses"
	}
	if s, ok := errors.AsType[*statusError](err); ok {
		d.status(p, s)
	}
	if i, ok := errors.AsType[*identityError](err); ok {
		d.noIdentity(p, i)
	}
	if attempts > 1 {
		p.why = strings.TrimSpace(fmt.Sprintf("%s (%d attempts)", p.why, attempts))
	}
	return p
}

// status words an answer without a file.
func (d *download) status(p *problem, s *statusError) {
	p.code, p.summary = CodeStatus, fmt.Sprintf("%s: %v", shown(d.uri), s)
	p.why, p.fix = "", "check the URL"
	if a, ok := adviseStorage(d.url, s, d.who, d.now()); ok && (isStorage(d.url) || isSigned(d.url) || s.storage != "") {
		p.why, p.fix = a.why, a.fix
		return
	}
	switch {
	case s.code == http.StatusUnauthorized || s.code == http.StatusForbidden:
		p.why = "only what everybody may read can be fetched"
		p.fix = "make it public, or copy the file beside the image template and name it by its path"
	case s.retryAfter > maxRetryAfter:
		p.why, p.fix = fmt.Sprintf("the server asks to come back in %s", s.retryAfter.Round(time.Second)), "run again later"
	case mayPass(s):
		p.fix = "run again later"
	}
}

// noIdentity words a refusal that an identity might mend, where this machine has none.
func (d *download) noIdentity(p *problem, e *identityError) {
	d.status(p, e.refused)
	p.why = strings.TrimPrefix(p.why+"; "+e.err.Error(), "; ")
	if why, ok := errors.AsType[withWhy](e.err); ok && why.Why() != "" {
		p.why += ": " + why.Why()
	}
	p.fix = "give the URL a shared access signature"
	if fix, ok := errors.AsType[withFix](e.err); ok {
		p.fix = fix.Fix() + "; or give the URL a shared access signature"
	}
}
