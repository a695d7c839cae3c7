package powershell

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

// downloads reports whether something is downloaded as text in a stretch of the script.
func (f *File) downloads(s Span) bool {
	if f.loads == nil {
		f.loads = []int{}
		for _, m := range f.Members {
			if m.Call && strings.EqualFold(m.Name, "DownloadString") {
				f.loads = append(f.loads, m.From)
			}
		}
		for _, c := range f.Commands {
			if f.webRequest(c) || f.is(c, "invoke-restmethod", "irm", "curl", "wget") {
				f.loads = append(f.loads, c.From)
			}
		}
		slices.Sort(f.loads)
	}
	i, _ := slices.BinarySearch(f.loads, s.From)
	return i < len(f.loads) && f.loads[i] < s.To
}

func downloadRun(f *File, report func(scriptrule.Finding)) {
	const (
		why = "who controls the server, or what is between, runs what they like in the image; and it may be something " +
			"else tomorrow"
		fix = `keep the script with your own files, and run it with a customizer that has "sha256Checksum"`
	)
	for _, c := range f.Commands {
		if f.is(c, "invoke-expression", "iex") && f.downloads(Span{c.Pipe, c.To}) {
			report(scriptrule.Finding{From: c.Pipe, To: c.To, Summary: "a script is downloaded and run as it comes", Why: why,
				Fix: fix})
		}
	}
	for _, m := range f.Members {
		if m.Static && m.Call && strings.EqualFold(m.Name, "Create") && ends(m.On, "scriptblock]") && f.downloads(m.Span) {
			report(scriptrule.Finding{From: m.From, To: m.To, Summary: "a script is downloaded and run as it comes", Why: why,
				Fix: fix})
		}
	}
}

var (
	plainHTTP = regexp.MustCompile(`(?i)^http://([^/:?]+)`)
	// Addresses that do not leave the machine or its host.
	nearby = regexp.MustCompile(`(?i)^(localhost|127\..*|\[::1\]|169\.254\.169\.254|168\.63\.129\.16)$`)
)

func insecureDownload(f *File, report func(scriptrule.Finding)) {
	unchecked := func(s Span, what string) {
		report(scriptrule.Finding{From: s.From, To: s.To, Summary: what,
			Why: "anybody on the way can put something else in the place of a download",
			Fix: "download over https, and leave the check of certificates on"})
	}
	for _, m := range f.Members {
		value := strings.ToLower(f.Text[m.To:min(m.To+100, len(f.Text))])
		value, _, _ = strings.Cut(value, "\n")
		if m.Set && strings.EqualFold(m.Name, "ServerCertificateValidationCallback") && strings.Contains(value, "$true") ||
			m.Set && strings.EqualFold(m.Name, "CertificatePolicy") && strings.Contains(value, "trustall") {
			unchecked(m.Span, "certificates of servers are not checked from here on")
		}
		if m.Call && (strings.EqualFold(m.Name, "DownloadFile") || strings.EqualFold(m.Name, "DownloadString")) &&
			len(m.Args) > 0 {
			f.overHTTP(m.Args[0], unchecked)
		}
	}
	for _, c := range f.Commands {
		for _, a := range c.Args {
			if a.Param == "skipcertificatecheck" && !a.Colon {
				unchecked(a.Span, `"-SkipCertificateCheck" lets any server answer`)
			}
		}
		curl := f.is(c, "curl") && !f.aliased(c)
		if curl {
			if w, ok := c.mention("-k", "--insecure"); ok {
				unchecked(w.Span, fmt.Sprintf("%q lets any server answer", w.Value))
			}
		}
		if (f.webRequest(c) || f.is(c, "invoke-restmethod", "irm")) && c.has("OutFile") || f.is(c, "start-bitstransfer") ||
			curl {
			for _, a := range c.Args {
				f.overHTTP(a.Word, unchecked)
			}
		}
	}
}

// overHTTP reports an address without TLS. A script that looks at checksums is left alone.
func (f *File) overHTTP(w Word, report func(Span, string)) {
	m := plainHTTP.FindStringSubmatch(w.Value)
	if w.Known && m != nil && !nearby.MatchString(m[1]) && !f.says("get-filehash") {
		report(w.Span, fmt.Sprintf("%q is downloaded without TLS", m[0]))
	}
}
