package resolve

import (
	"encoding/json"
	"errors"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"

	"github.com/ingot-build/ingot/engine/events"
	"github.com/ingot-build/ingot/translate/plan"
)

// shown is how a URI may be printed: without user, password and query, which may hold a shared access signature.
func shown(uri string) string {
	before, _, hasQuery := strings.Cut(uri, "?")
	before, _, _ = strings.Cut(before, "#")
	if prefix, rest, ok := strings.Cut(before, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		if at := strings.LastIndex(host, "@"); at >= 0 {
			before = prefix + "://***@" + rest[at+1:]
		}
	}
	if hasQuery && scheme.MatchString(uri) {
		before += "?***"
	}
	return before
}

// Public gives p as it may be kept: each URI as it may be shown.
func Public(p *plan.Plan) (*plan.Plan, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	public := new(plan.Plan)
	if err := json.Unmarshal(text, public); err != nil {
		return nil, err
	}
	for _, c := range public.Contents() {
		c.URI = shown(c.URI)
	}
	for _, d := range public.Destinations {
		if d.VHD != nil {
			d.VHD.URI = shown(d.VHD.URI)
		}
	}
	return public, nil
}

// secretLength is from where on the value of a query's parameter is taken for a secret: signatures and tokens have more bytes, what
// people write mostly fewer.
const secretLength = 20

// Secrets lists what the URIs of p hold that must not be shown: a script may print how it was called.
func Secrets(p *plan.Plan) []events.Secret {
	var all []events.Secret
	var uris []string
	for _, c := range p.Contents() {
		uris = append(uris, c.URI)
	}
	for _, d := range p.Destinations {
		if d.VHD != nil {
			uris = append(uris, d.VHD.URI)
		}
	}
	for _, uri := range uris {
		u, err := url.Parse(uri)
		if err != nil || u.Host == "" {
			continue
		}
		if password, ok := u.User.Password(); ok {
			all = append(all, events.Secret(password))
		}
		for name, values := range u.Query() {
			for _, v := range values {
				if name == "sig" || len(v) >= secretLength {
					all = append(all, events.Secret(v), events.Secret(url.QueryEscape(v)))
				}
			}
		}
	}
	return all
}

// label is what progress calls the download of uri.
func label(uri string) string {
	before, _, _ := strings.Cut(shown(uri), "?")
	return "download " + path.Base(before)
}

var (
	inQuery  = regexp.MustCompile(`\?[^\s"'<>]+`)
	inUser   = regexp.MustCompile(`//[^\s"'/@]+@`)
	inHeader = regexp.MustCompile(`(?i)\b(bearer|basic) [a-z0-9._~+/=-]+`)
)

// transportReason is what went wrong, for people. net/http and servers repeat URLs with their queries: none of that is shown, and no
// control character either.
func transportReason(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	text := inQuery.ReplaceAllString(err.Error(), "?***")
	text = inUser.ReplaceAllString(text, "//***@")
	text = inHeader.ReplaceAllString(text, "$1 ***")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}
