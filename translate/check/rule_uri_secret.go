package check

import "github.com/ingot-build/ingot/translate/template"

// uriSecret never shows what it has found.
func uriSecret(t *template.ImageTemplate, r *report) {
	for _, d := range downloads(t) {
		u, ok := d.remote()
		if !ok {
			continue
		}
		_, hasPassword := u.User.Password()
		f := finding{at: d.uri.Range, path: d.at(),
			fix: "pass the address in a secureString parameter, or let the identity read the blob"}
		switch sig := u.Query().Get("sig"); {
		case sig != "" && template.Placeholder(sig) == "":
			f.summary = "the address has a shared access signature"
			f.why = "whoever reads the template can read the storage account with it, until it expires"
		case hasPassword:
			f.summary, f.why = "the address has a password", "whoever reads the template has it"
			f.fix = "put the file where no password is wanted, or pass the address in a secureString parameter"
		default:
			continue
		}
		r.add(f)
	}
}
