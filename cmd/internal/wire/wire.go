// Package wire is the composition root: the one place that knows which plugins, targets and stores make up Ingot, and where they
// keep their files. Everything it makes is handed on as a value.
package wire

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/ingot-build/ingot/engine/azureid"
	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/engine/runcmd"
	"github.com/ingot-build/ingot/engine/service"
	"github.com/ingot-build/ingot/engine/store"
	"github.com/ingot-build/ingot/engine/target/nspawn"
	"github.com/ingot-build/ingot/engine/target/qemu"
	"github.com/ingot-build/ingot/plugins/all"
	"github.com/ingot-build/ingot/plugins/qemu/accel"
	"github.com/ingot-build/ingot/plugins/wsman"
)

// Service opens the service over the folders that the environment names. The caller closes it.
func Service(ctx context.Context, getenv func(string) string) (*service.Service, error) {
	dirs, err := store.DirsFromEnv(getenv)
	if err != nil {
		return nil, &service.HostError{What: err.Error()}
	}
	who := &azureid.Chain{}
	return service.New(ctx, service.Config{
		Dirs: dirs,
		Registry: packercore.Registry{
			Builders: all.Builders(), Provisioners: all.Provisioners(), PostProcessors: all.PostProcessors(), Linked: all.Linked(),
			WinRM: wsman.Beside,
		},
		Target: &qemu.Target{Accel: func(ctx context.Context) (string, string, error) {
			r := Accel(ctx, dirs)
			return r.Name, r.Reason, ctx.Err()
		}},
		Fast:        &nspawn.Target{Host: Containers},
		Runner:      runcmd.Host{},
		HTTP:        httpClient(),
		Identity:    who,
		Answers:     answers(who),
		Now:         time.Now,
		UserCatalog: UserCatalog(getenv),
		Plugins:     Plugins(getenv, dirs),
		Azure:       onAzure(getenv),

		AzureCleaner: azureCleaner(getenv),
	})
}

// Accel tells what runs a guest here, and remembers it until the host boots again.
func Accel(ctx context.Context, dirs store.Dirs) accel.Result {
	return accel.Remembered(ctx, filepath.Join(dirs.Cache, "accel.json"))
}

// UserCatalog is where the user's own catalog of base images lies, if there is one: $XDG_CONFIG_HOME/ingot/catalog.jsonc.
func UserCatalog(getenv func(string) string) string {
	config := getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = filepath.Join(getenv("HOME"), ".config")
	}
	return filepath.Join(config, "ingot", "catalog.jsonc")
}

// httpClient bounds every wait for a server that says nothing, and none for one that sends: a base image of a gigabyte over a
// slow line takes as long as it takes.
func httpClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 20 * time.Second}).DialContext,
		TLSHandshakeTimeout:   20 * time.Second,
		ResponseHeaderTimeout: 60 * time.Second,
		ForceAttemptHTTP2:     true,
		IdleConnTimeout:       90 * time.Second,
	}}
}
