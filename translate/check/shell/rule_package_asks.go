package shell

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/check/scriptrule"
)

// asking are packages whose installation asks something, and what answers it.
var asking = map[string]string{
	"tzdata": "", "keyboard-configuration": "", "console-setup": "", "iptables-persistent": "", "netfilter-persistent": "",
	"postfix": "", "krb5-user": "", "wireshark-common": "", "wireshark": "", "tshark": "", "phpmyadmin": "", "slapd": "",
	"libpam-krb5": "", "grub-pc": "", "jackd2": "", "dash": "", "nullmailer": "", "exim4-config": "", "mailutils": "", "ttf-mscorefonts-installer": "",
	"msodbcsql17": "ACCEPT_EULA", "msodbcsql18": "ACCEPT_EULA", "mssql-tools": "ACCEPT_EULA", "mssql-tools18": "ACCEPT_EULA",
}

func packageAsks(f *File, report func(scriptrule.Finding)) {
	if strings.Contains(f.Text, "debconf-set-selections") {
		return
	}
	for _, c := range f.Commands {
		m, verb, names := c.packages()
		if m != aptGet || verb == nil || verb.Text != "install" || c.dry(m) {
			continue
		}
		for _, a := range names {
			variable, ok := asking[a.Text]
			if !ok {
				continue
			}
			if variable == "" {
				variable = "DEBIAN_FRONTEND"
			}
			if strings.Contains(f.Text, variable) {
				continue // whether it gets there is told by another rule
			}
			value := map[string]string{"DEBIAN_FRONTEND": "noninteractive", "ACCEPT_EULA": "Y"}[variable]
			report(scriptrule.Finding{From: a.From, To: a.To,
				Summary: fmt.Sprintf("package %q asks questions while it is installed", a.Text),
				Why:     "there is no terminal in a build: it takes its defaults, or fails",
				Fix:     fmt.Sprintf("write sudo %s=%s before the command; debconf-set-selections gives other answers", variable, value)})
		}
	}
}
