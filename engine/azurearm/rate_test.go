package azurearm

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// jumps is a clock that goes on only when somebody sleeps.
type jumps struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func (j *jumps) Now() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.now
}

func (j *jumps) Sleep(ctx context.Context, d time.Duration) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if d > 0 {
		j.now = j.now.Add(d)
		j.slept = append(j.slept, d)
	}
	return nil
}

func TestRateKeepsEveryMinute(t *testing.T) {
	for _, perMinute := range []int{1, 2, 9, 10, 60, 600, 1200} {
		r := NewRate(perMinute)
		j := &jumps{now: time.Unix(1e9, 0)}
		r.clock = j
		var at []time.Time
		for range 3*perMinute + 5 {
			if err := r.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			at = append(at, j.Now())
		}
		for i, begin := range at { // any minute that begins with a request
			n, _ := slices.BinarySearchFunc(at[i:], begin.Add(time.Minute-time.Millisecond), time.Time.Compare)
			if n > perMinute {
				t.Fatalf("%d a minute: %d requests in the minute after request %d", perMinute, n, i)
			}
		}
		if took := at[len(at)-1].Sub(at[0]); took > 5*time.Minute+5*time.Minute/time.Duration(perMinute)*5 {
			t.Errorf("%d a minute: three minutes' requests took %s", perMinute, took)
		}
	}
}

func TestRateWithoutLimit(t *testing.T) {
	for _, r := range []*Rate{nil, NewRate(0)} {
		for range 10000 {
			if err := r.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := errors.New("gone")
		cancel(gone)
		if err := r.Wait(ctx); err != gone {
			t.Errorf("got %v of an ended context", err)
		}
	}
}

// TestRateGivesTurnsBack: who gives up waiting takes no turn from others.
func TestRateGivesTurnsBack(t *testing.T) {
	r := NewRate(1)
	j := &jumps{now: time.Unix(1e9, 0)}
	r.clock = j
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		r.clock = cancels{j, cancel}
		if err := r.Wait(ctx); err == nil {
			t.Fatal("got a turn")
		}
	}
	r.clock = j
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := j.Now().Sub(time.Unix(1e9, 0)); took > time.Minute {
		t.Errorf("the second request had to wait %s", took)
	}
}

// cancels is a clock on which everybody is called off while he sleeps.
type cancels struct {
	*jumps
	cancel context.CancelFunc
}

func (c cancels) Sleep(ctx context.Context, d time.Duration) error {
	c.cancel()
	return c.jumps.Sleep(ctx, d)
}

type anybody struct{}

func (anybody) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// TestThrottled has a service that turns requests away, and counts.
func TestThrottled(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []int // of the first calls; then 200
		header  map[string]string
		want    int // calls
		say     []string
		status  int
	}{
		"nothing":           {want: 1, status: 200},
		"once":              {answers: []int{429}, header: map[string]string{"Retry-After-Ms": "3"}, want: 2, status: 200, say: []string{"Azure's Microsoft.Compute gets too many requests: going on in 1s, as it asks"}},
		"twice":             {answers: []int{429, 429}, header: map[string]string{"X-Ms-Retry-After-Ms": "3"}, want: 3, status: 200, say: []string{"too many", "too many"}},
		"not available":     {answers: []int{503}, header: map[string]string{"Retry-After-Ms": "3"}, want: 2, status: 200, say: []string{"is not available"}},
		"for good":          {answers: slices.Repeat([]int{429}, 50), header: map[string]string{"Retry-After-Ms": "3"}, want: 1 + tries, status: 429, say: slices.Repeat([]string{"too many"}, 1+tries)},
		"refused otherwise": {answers: []int{403}, want: 1, status: 403},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			calls := 0
			srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				calls++
				if calls <= len(tt.answers) {
					for k, v := range tt.header {
						w.Header().Set(k, v)
					}
					w.WriteHeader(tt.answers[calls-1])
				}
			}))
			defer srv.Close()
			var said []string
			account := accountOf(srv)
			account.Say = func(line string) { said = append(said, line) }
			account.Rate = NewRate(0)
			status := callOnce(t, account, srv.URL)
			if calls != tt.want || status != tt.status {
				t.Errorf("%d calls, %d; want %d, %d", calls, status, tt.want, tt.status)
			}
			if len(said) != len(tt.say) {
				t.Fatalf("said %q", said)
			}
			for i, line := range said {
				if !strings.Contains(line, tt.say[i]) {
					t.Errorf("said %q, want %q", line, tt.say[i])
				}
			}
		})
	}
}

// TestThrottledAtOnce: many that are turned away together are one wait, which others of that service keep too.
func TestThrottledAtOnce(t *testing.T) {
	j := &jumps{now: time.Unix(1e9, 0)}
	r := NewRate(0)
	r.clock = j
	news := 0
	for range 10 {
		if r.hold("Microsoft.Compute", 20*time.Second) {
			news++
		}
	}
	if news != 1 {
		t.Errorf("said %d times", news)
	}
	if err := r.release(t.Context(), "Microsoft.Network"); err != nil || len(j.slept) != 0 {
		t.Errorf("another service waits: %v, %v", j.slept, err)
	}
	if err := r.release(t.Context(), "Microsoft.Compute"); err != nil || j.Now().Sub(time.Unix(1e9, 0)) != 20*time.Second {
		t.Errorf("waited %v: %v", j.slept, err)
	}
	if !r.hold("Microsoft.Compute", time.Second) {
		t.Error("the next wait is not told")
	}
}

// TestWaitsWithoutBound: no answer makes anybody wait for years.
func TestWaitsWithoutBound(t *testing.T) {
	for _, v := range []string{"999999999", "99999999999999999999", "-1", "soon", "Fri, 31 Dec 9999 23:59:59 GMT", ""} {
		if d, _ := RetryAfter(http.Header{"Retry-After": {v}}); d < 0 || d > maxWait {
			t.Errorf("%q: %s", v, d)
		}
	}
}

func accountOf(srv *httptest.Server) *Account {
	a := &Account{Credential: anybody{}}
	a.Client.Transport = srv.Client()
	a.Client.Retry = policy.RetryOptions{RetryDelay: time.Millisecond, MaxRetryDelay: time.Minute}
	a.Client.Cloud = cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
		cloud.ResourceManager: {Endpoint: srv.URL, Audience: "https://x/"}}}
	return a
}

func callOnce(t *testing.T, a *Account, url string) int {
	t.Helper()
	client, err := arm.NewClient("test", "v1.0.0", a.Credential, a.Options())
	if err != nil {
		t.Fatal(err)
	}
	req, err := runtime.NewRequest(t.Context(), http.MethodGet, url+sub+"/providers/Microsoft.Compute/disks")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Pipeline().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}
