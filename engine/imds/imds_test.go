package imds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ingot-build/ingot/translate/plan"
)

const (
	vault  = "https://vault.azure.net"
	puller = "/subscriptions/5a1b/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/puller"
	secret = "eyJ0oken"
)

// rig is a service with a log.
type rig struct {
	options Options
	server  *httptest.Server
	mu      sync.Mutex
	said    []string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{}
	r.options = Options{
		VM: VM{
			Plan: &plan.Plan{
				Name: "web", OS: plan.Linux,
				Source: plan.Source{PlatformImage: &plan.PlatformImage{Publisher: "Debian", Offer: "debian-12", SKU: "12-gen2", Version: "latest"}},
				Azure: plan.Azure{Location: "westus2", VMSize: "Standard_D2s_v5", VMIdentities: []string{puller},
					ResourceTags: map[string]string{"team": "web", "cost": "7"}},
			},
			RunID: "0badcafe", DiskGB: 30, Address: "10.0.2.15", Subnet: "10.0.2.0/24", MAC: "52:54:00:12:34:56",
		},
		Say: func(line string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.said = append(r.said, line)
		},
	}
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { Handler(r.options).ServeHTTP(w, q) }))
	t.Cleanup(r.server.Close)
	return r
}

// allow lets the VM have tokens.
func (r *rig) allow(resources ...string) {
	r.options.Tokens = Tokens{Allowed: resources, Get: func(_ context.Context, scope string) (Token, error) {
		if scope != vault+"/.default" {
			return Token{}, fmt.Errorf("asked for %s", scope)
		}
		return Token{Value: secret, Expires: time.Now().Add(time.Hour), Who: "me@contoso.com"}, nil
	}}
}

func (r *rig) get(t *testing.T, path string, headers ...string) (int, string) {
	t.Helper()
	return r.do(t, http.MethodGet, path, append([]string{"Metadata", "true"}, headers...)...)
}

func (r *rig) do(t *testing.T, method, path string, headers ...string) (int, string) {
	t.Helper()
	q, err := http.NewRequest(method, r.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(q) // no redirect is followed
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestInstance(t *testing.T) {
	r := newRig(t)
	const at = "/metadata/instance"
	for _, tt := range []struct {
		name, path string
		status     int
		want       string // all of a text; of JSON a part
	}{
		{"a value", "/compute/location?api-version=2021-02-01&format=text", 200, "westus2"},
		{"size", "/compute/vmSize?api-version=2017-04-02&format=text", 200, "Standard_D2s_v5"},
		{"subscription", "/compute/subscriptionId?api-version=2021-02-01&format=text", 200, "5a1b"},
		{"tags", "/compute/tags?api-version=2021-02-01&format=text", 200, "cost:7;team:web"},
		{"one tag of the list", "/compute/tagsList/1/value?api-version=2021-02-01&format=text", 200, "web"},
		{"address", "/network/interface/0/ipv4/ipAddress/0/privateIpAddress?api-version=2021-02-01&format=text", 200, "10.0.2.15"},
		{"MAC", "/network/interface/0/macAddress?api-version=2021-02-01&format=TEXT", 200, "525400123456"},
		{"names", "/network/interface/0?api-version=2021-02-01&format=text", 200, "ipv4/\nipv6/\nmacAddress"},
		{"numbers", "/network/interface?api-version=2021-02-01&format=text", 200, "0/"},
		{"the top", "?api-version=2021-02-01&format=text", 200, "compute/\nnetwork/"},
		{"the top with a slash", "/?api-version=2021-02-01&format=text", 200, "compute/\nnetwork/"},
		{"JSON", "/compute/osProfile?api-version=2021-02-01", 200,
			`{"adminUsername":"packer","computerName":"pkrvm0badcafe","disablePasswordAuthentication":"true"}`},
		{"an empty value", "/compute/zone?api-version=2021-02-01&format=text", 200, ""},
		{"older than the property", "/compute/tagsList?api-version=2018-10-01", 404, `{"error":"Not found"}`},
		{"a value as JSON", "/compute/location?api-version=2021-02-01", 400, `{"error":"Bad request. format=text is needed for a single value"}`},
		{"a strange format", "/compute?api-version=2021-02-01&format=xml", 400, `{"error":"Bad request. format is json or text"}`},
		{"no such name", "/compute/color?api-version=2021-02-01&format=text", 404, `{"error":"Not found"}`},
		{"another case of letters", "/Compute?api-version=2021-02-01", 404, `{"error":"Not found"}`},
		{"below a value", "/compute/location/0?api-version=2021-02-01&format=text", 404, `{"error":"Not found"}`},
		{"past the end", "/network/interface/1?api-version=2021-02-01", 404, `{"error":"Not found"}`},
		{"before the start", "/network/interface/-1?api-version=2021-02-01", 404, `{"error":"Not found"}`},
		{"a number with a zero", "/network/interface/00?api-version=2021-02-01", 404, `{"error":"Not found"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, text := r.get(t, at+tt.path)
			if status != tt.status || text != tt.want {
				t.Errorf("got %d %s, want %d %s", status, text, tt.status, tt.want)
			}
		})
	}
}

// The whole document is what programs of the Azure SDKs decode: texts, lists and objects alone.
func TestDocument(t *testing.T) {
	r := newRig(t)
	_, text := r.get(t, "/metadata/instance?api-version=2021-02-01")
	var doc struct {
		Compute struct {
			Location, Name, Offer, OsType, VMID, ResourceID, Provider string
			StorageProfile                                            struct {
				ImageReference struct{ Publisher, Sku, Version string }
				OSDisk         struct{ DiskSizeGB string }
				DataDisks      []any
			}
			TagsList        []struct{ Name, Value string }
			SecurityProfile struct{ SecureBootEnabled string }
		}
		Network struct {
			Interface []struct {
				IPv4 struct {
					IPAddress []struct{ PrivateIPAddress, PublicIPAddress string }
					Subnet    []struct{ Address, Prefix string }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	c := doc.Compute
	if c.OsType != "Linux" || c.Offer != "debian-12" || c.StorageProfile.OSDisk.DiskSizeGB != "30" || len(c.TagsList) != 2 || c.Provider == "" ||
		c.StorageProfile.ImageReference.Sku != "12-gen2" || len(c.VMID) != 36 || !strings.HasSuffix(c.ResourceID, "virtualMachines/pkrvm0badcafe") {
		t.Errorf("compute is %+v", c)
	}
	if got := doc.Network.Interface[0].IPv4.Subnet[0]; got.Address != "10.0.2.0" || got.Prefix != "24" {
		t.Errorf("subnet is %+v", got)
	}
	if strings.Contains(text, "null") {
		t.Errorf("the service has no null: %s", text)
	}
	if _, again := r.get(t, "/metadata/instance?api-version=2021-02-01"); again != text {
		t.Error("the second answer is another one")
	}
}

// A template that says little gives a document without holes.
func TestSmallDocument(t *testing.T) {
	for _, source := range []plan.Source{{ManagedImage: &plan.ImageRef{ID: "/x"}}, {SharedImage: &plan.ImageRef{ID: "/y"}}, {}} {
		r := newRig(t)
		r.options.VM = VM{Plan: &plan.Plan{OS: plan.Windows, Source: source}, RunID: "1"}
		status, text := r.get(t, "/metadata/instance/compute?api-version=2023-11-15")
		if status != 200 || strings.Contains(text, "null") || !strings.Contains(text, `"location":"local"`) || !strings.Contains(text, nobody) {
			t.Errorf("%d %s", status, text)
		}
	}
}

func TestRefusals(t *testing.T) {
	r := newRig(t)
	const good = "/metadata/instance?api-version=2021-02-01"
	for _, tt := range []struct {
		name    string
		method  string
		path    string
		headers []string
		status  int
		want    string
	}{
		{"no header", "GET", good, nil, 400, "Required metadata header not specified"},
		{"a header that says no", "GET", good, []string{"Metadata", "false"}, 400, "Required metadata header"},
		{"forwarded", "GET", good, []string{"Metadata", "true", "X-Forwarded-For", "10.0.0.1"}, 400, "X-Forwarded-For"},
		{"an empty forward", "GET", good, []string{"Metadata", "true", "X-Forwarded-For", ""}, 400, "X-Forwarded-For"},
		{"POST", "POST", good, []string{"Metadata", "true"}, 405, "Only GET is"},
		{"PUT, as other clouds ask for a session", "PUT", "/latest/api/token", []string{"Metadata", "true"}, 404, "Not found"},
		{"another cloud", "GET", "/latest/meta-data/", []string{"Metadata", "true"}, 404, "Not found"},
		{"the root", "GET", "/", []string{"Metadata", "true"}, 404, "Not found"},
		{"no version", "GET", "/metadata/instance", []string{"Metadata", "true"}, 400, `"newest-versions":["2023-11-15","2023-07-01","2021-12-13"]`},
		{"a bad version", "GET", "/metadata/instance?api-version=2099-01-01", []string{"Metadata", "true"}, 400, "api-version is invalid"},
		{"two versions", "GET", good + "&api-version=2017-04-02", []string{"Metadata", "true"}, 400, "more than once"},
		{"up and out", "GET", "/metadata/instance/../../etc/passwd?api-version=2021-02-01", []string{"Metadata", "true"}, 404, "Not found"},
		{"encoded, up and out", "GET", "/metadata/instance/%2e%2e/%2e%2e?api-version=2021-02-01", []string{"Metadata", "true"}, 404, "Not found"},
		{"a NUL", "GET", "/metadata/instance/%00?api-version=2021-02-01", []string{"Metadata", "true"}, 404, "Not found"},
		{"attested", "GET", "/metadata/attested/document?api-version=2020-09-01", []string{"Metadata", "true"}, 400, "only Azure can sign"},
		{"identity info", "GET", "/metadata/identity/info?api-version=2018-02-01", []string{"Metadata", "true"}, 400, "Identity not found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, text := r.do(t, tt.method, tt.path, tt.headers...)
			if status != tt.status || !strings.Contains(text, tt.want) || !json.Valid([]byte(text)) {
				t.Errorf("got %d %s, want %d with %s", status, text, tt.status, tt.want)
			}
		})
	}
}

func TestRest(t *testing.T) {
	r := newRig(t)
	if status, text := r.get(t, "/metadata/versions"); status != 200 || !strings.HasPrefix(text, `{"apiVersions":["2017-03-01"`) {
		t.Errorf("versions: %d %s", status, text)
	}
	_, text := r.get(t, "/metadata/scheduledevents?api-version=2020-07-01")
	if diff := cmp.Diff(`{"DocumentIncarnation":1,"Events":[]}`, text); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if !slices.IsSorted(versions) || !slices.IsSorted(tokenVersions) || !slices.IsSorted(eventVersions) {
		t.Error("versions are not in order")
	}
}

func TestTokens(t *testing.T) {
	const at = "/metadata/identity/oauth2/token?api-version=2018-02-01"
	for _, tt := range []struct {
		name   string
		with   func(*rig)
		query  string
		status int
		want   string // in the answer
		said   string
	}{
		{"given", func(r *rig) { r.allow(vault) }, "&resource=" + vault, 200, `"access_token":"` + secret, "has a token for"},
		{"with a slash", func(r *rig) { r.allow(vault + "/") }, "&resource=" + vault + "/", 200, `"resource":"` + vault + `/"`, "me@contoso.com"},
		{"all", func(r *rig) { r.allow(AllResources) }, "&resource=" + vault, 200, `"token_type":"Bearer"`, ""},
		{"by the id of the identity", func(r *rig) { r.allow(vault) }, "&resource=" + vault + "&msi_res_id=" + strings.ToUpper(puller), 200, secret, ""},
		{"no resource", func(r *rig) { r.allow(vault) }, "", 400, "Required query variable 'resource' is missing", ""},
		{"not allowed at all", func(*rig) {}, "&resource=" + vault, 400, "Identity not found: Ingot gives a build VM no tokens unless", "--allow-identity"},
		{"another resource", func(r *rig) { r.allow("https://storage.azure.com") }, "&resource=" + vault, 400, "and not", "was given no token"},
		{"a longer resource", func(r *rig) { r.allow(vault) }, "&resource=" + vault + ".evil.com", 400, "Identity not found", ""},
		{"another identity", func(r *rig) { r.allow(vault) }, "&resource=" + vault + "&mi_res_id=/x/other", 400, "is not in vmProfile.userAssignedIdentities", ""},
		{"no identity in the template", func(r *rig) { r.allow(vault); r.options.VM.Plan.Azure.VMIdentities = nil }, "&resource=" + vault, 400,
			"the service would refuse it too", ""},
		{"nobody is signed in", func(r *rig) {
			r.allow(vault)
			r.options.Tokens.Get = func(context.Context, string) (Token, error) { return Token{}, errors.New("no identity here") }
		}, "&resource=" + vault, 400, "no identity here", "no identity here"},
		{"a resource that colours a log", func(r *rig) { r.allow(vault) }, "&resource=%1b%5b31m", 400, "Identity not found", `\x1b`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			tt.with(r)
			status, text := r.get(t, at+tt.query)
			if status != tt.status || !strings.Contains(text, tt.want) {
				t.Errorf("got %d %s, want %d with %s", status, text, tt.status, tt.want)
			}
			said := strings.Join(r.said, "\n")
			if !strings.Contains(said, tt.said) {
				t.Errorf("%q is not in what was said: %s", tt.said, said)
			}
			if strings.Contains(said, secret) || strings.ContainsRune(said, 0x1b) {
				t.Errorf("the log has what it must not have: %q", said)
			}
		})
	}
}
