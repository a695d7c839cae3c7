package gateway_test

import (
	"net/http"
	"testing"

	"github.com/ingot-build/ingot/engine/target/azure/azuresim"
)

// BenchmarkBuild times a build of stock Packer that ends with a snapshot, on an emulated Azure whose operations take no time: by the
// gateway; straight, without the plugin's pauses between polls; and straight, as people run it.
//
//	go test -run - -bench Build -benchtime 5x ./engine/target/azure/gateway
func BenchmarkBuild(b *testing.B) {
	for _, way := range []string{"gateway", "straight", "straight, with pauses"} {
		b.Run(way, func(b *testing.B) {
			r := newRig(b, azuresim.Options{})
			r.put(subscription+"/resourceGroups/images", "2024-03-01", `{"location": "westeurope"}`)
			if way != "gateway" {
				r.variables = map[string]string{
					"client_id": "22222222-2222-2222-2222-222222222222", "client_secret": trueSecret, "tenant_id": azuresim.DefaultTenant,
					"subscription_id": azuresim.DefaultSubscription, "cloud_environment_name": azuresim.Cloud,
					"metadata_host": r.sim.MetadataHost(r.plugin.Version),
				}
				r.env = append(r.env, r.sim.Environ()...)
			}
			if way == "straight, with pauses" {
				r.env = append(r.env, "GO_AZURE_SDK_SKIP_POLLING_DELAY=false")
			}
			source := r.source(snapshot)
			for b.Loop() {
				if out, err := r.build(source, `provisioner "shell" { inline = ["true"] }`); err != nil {
					b.Fatalf("packer build: %v\n%s", err, out)
				}
				b.StopTimer()
				r.send(http.MethodDelete, subscription+"/resourceGroups/images/providers/Microsoft.Compute/snapshots/web_os", "2022-03-02", "")
				b.StartTimer()
			}
		})
	}
}
