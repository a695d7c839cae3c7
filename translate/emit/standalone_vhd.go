package emit

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ingot-build/ingot/translate/plan"
)

// vhdPlace is where the builder puts the VHD: a blob whose name it makes of a prefix, the OS disk's name and ".vhd".
type vhdPlace struct {
	account   string // "" if the image template names none
	container string
	prefix    string // with slashes for folders
	disk      string // "" lets the builder choose
}

// vhdContainer is what the service uses when the template names no container.
const vhdContainer = "vhds"

var (
	containerName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{2,62}$`)
	diskName      = regexp.MustCompile(`^[A-Za-z0-9]([\w.-]{0,78}\w)?$`)
)

// serveVHD takes a VHD for the builder. Releases before 2.5 made one only of unmanaged disks, which Azure has retired.
func (a *azure) serveVHD(at string, v *plan.VHD) bool {
	if a.olderThan(2, 5, 0) {
		a.lose(Loss{Path: at, What: "the VHD is not made", Fix: "--plugin-version 2.5.0",
			Why: fmt.Sprintf("the azure plugin %s makes one only of unmanaged disks, which Azure no longer has", a.wanted.Lowest)})
		return false
	}
	place := vhdPlace{container: vhdContainer}
	if v.URI == "" {
		a.lose(Loss{Path: at, What: "no storage account is made for the VHD", Why: "the builder wants one that exists",
			Fix: "-var " + accountVar + "=NAME"})
	} else if !place.read(v.URI) {
		a.lose(Loss{Path: at + ".uri", What: "the VHD is not made", Why: "its uri is not that of a blob or container of Azure Storage"})
		return false
	}
	if u, err := url.Parse(v.URI); err == nil && u.RawQuery != "" {
		a.lose(Loss{Path: at + ".uri", What: "the shared access signature in the uri is not used",
			Why: "the builder writes the VHD with its own credentials"})
	}
	if v.URI != "" && place.disk == "" {
		a.lose(Loss{Path: at + ".uri", What: "the name of the blob is not the one wanted", Why: "the builder makes it of the OS disk's name"})
	}
	a.out.vhd = &place
	return true
}

// read takes the uri of a blob or container apart. A blob that is not called *.vhd keeps its folder, and gets a made name.
func (p *vhdPlace) read(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil {
		return false
	}
	account, host, _ := strings.Cut(u.Hostname(), ".")
	container, blob, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if !strings.HasPrefix(host, "blob.") || !containerName.MatchString(container) || strings.Contains(container, "--") ||
		strings.HasSuffix(container, "-") {
		return false
	}
	p.account, p.container = account, container
	if blob == "" {
		return true
	}
	folder, file := path.Split(blob)
	p.prefix = folder
	if stem, ok := strings.CutSuffix(file, ".vhd"); ok && diskName.MatchString(stem) {
		p.disk = stem
	}
	return true
}

func (a *azure) vhd(f fields) {
	p := a.out.vhd
	at := a.out.path["VHD"]
	f.section(at)
	f.ref("storage_account", "var", accountVar)
	f.ref("resource_group_name", "var", accountGroupVar)
	f.str("capture_container_name", p.container)
	f.text(at+".uri", "capture_name_prefix", p.prefix)
	f.text(at+".uri", "temp_os_disk_name", p.disk)
}

func (a *azure) vhdVariables() []variable {
	account := variable{name: accountVar, typ: "string", description: "Storage account for the VHD, in the region of the build."}
	if p := a.out.vhd; p.account != "" {
		account.standard = cty.StringVal(p.account)
	}
	return []variable{account, {name: accountGroupVar, typ: "string", description: "Resource group of that storage account."}}
}
