package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ingot-build/ingot/engine/azurearm"
)

// Azure turns a request away for its rate, and gets it again as it was.
func TestThrottled(t *testing.T) {
	var bodies []string
	var waited atomic.Int32
	g := start(t, Options{Known: []string{groupID}, Wait: func(context.Context) error { waited.Add(1); return nil }},
		func(w http.ResponseWriter, r *http.Request) {
			data, _ := io.ReadAll(r.Body)
			bodies = append(bodies, string(data))
			if len(bodies) < 4 {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(http.StatusTooManyRequests)
			}
			fmt.Fprint(w, `{}`)
		})
	before := waited.Load()
	r := g.do(http.MethodPut, snapshotID+"?api-version=1", `{"a": 1}`)
	if r.status != 200 || !slices.Equal(bodies, slices.Repeat([]string{`{"a": 1}`}, 4)) {
		t.Errorf("%d; sent: %q", r.status, bodies)
	}
	if n := waited.Load() - before; n != 4 {
		t.Errorf("waited %d times for leave", n)
	}
	said := slices.DeleteFunc(g.took(), func(s string) bool { return !strings.HasPrefix(s, "said ") })
	if len(said) != 3 || !strings.Contains(said[0], "PUT snapshots/os") {
		t.Errorf("said %q", said)
	}
	if e := g.LastError(); e != nil {
		t.Errorf("last error: %v", e)
	}
}

// Some time the plugin is told.
func TestThrottledForGood(t *testing.T) {
	g := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"error": {"code": "TooManyRequests", "message": "slow down"}}`)
	})
	r := g.do(http.MethodGet, groupID+"?api-version=1", "")
	turns := slices.DeleteFunc(g.took(), func(s string) bool { return strings.HasPrefix(s, "said ") })
	if r.status != 429 || len(turns) != maxTurns || r.header.Get("Retry-After") != "0" {
		t.Errorf("%d %v after %d", r.status, r.header, len(turns))
	}
	if e := g.LastError(); e == nil || e.Code != "TooManyRequests" {
		t.Errorf("last error: %v", e)
	}
}

// Who refuses leave is told to the plugin, and nothing is sent.
func TestNoLeave(t *testing.T) {
	refuse := false
	g := start(t, Options{Wait: func(context.Context) error {
		if refuse {
			return errors.New("no more calls")
		}
		return nil
	}}, nil)
	refuse = true
	if r := g.do(http.MethodGet, groupID, ""); r.status != http.StatusBadGateway || len(g.took()) > 0 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// Without a token for Azure the plugin is told so, in a way that it does not try again.
func TestNoToken(t *testing.T) {
	g := start(t, Options{Account: &azurearm.Account{Credential: &fakeCredential{life: -time.Second}}}, nil)
	g.credential.err = errors.New("AADSTS700082: the refresh token has expired\nTrace ID: 1")
	r := g.do(http.MethodGet, groupID, "")
	if r.status != http.StatusForbidden || !strings.Contains(r.body, codeSignIn) || !strings.Contains(r.body, "AADSTS700082") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if e := g.LastError(); e == nil || e.Code != codeSignIn {
		t.Errorf("last error: %v", e)
	}
}

// A thing is asked for at once, then with pauses that double, up to what Azure asks for.
func TestPace(t *testing.T) {
	ms := func(n ...int) (all []time.Duration) {
		for _, i := range n {
			all = append(all, time.Duration(i)*time.Millisecond)
		}
		return all
	}
	for _, tt := range []struct {
		name  string
		most  time.Duration
		after time.Duration
		known bool
		want  []time.Duration
	}{
		{"Azure says nothing", time.Second, 0, false, ms(0, 25, 50, 100, 200, 400, 800, 1000, 1000)},
		{"Azure says it", time.Second, 300 * time.Millisecond, true, ms(0, 25, 50, 100, 200, 300, 300)},
		{"Azure says too much", time.Second, time.Hour, true, ms(0, 25, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000)},
		{"Azure says at once", time.Second, 0, true, ms(0, 0, 0)},
		{"not wanted", -1, time.Hour, true, ms(0, 0, 0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPacer(tt.most)
				var got []time.Duration
				for range tt.want {
					began := time.Now()
					if err := p.wait(t.Context(), "/a"); err != nil {
						t.Fatal(err)
					}
					got = append(got, time.Since(began))
					p.asked("/a", tt.after, tt.known)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// A change of a resource makes it new, and what is around it; other things keep their pace.
func TestPaceForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(time.Second)
		for _, key := range []string{"/a", "/a/b", "/a/b/c", "/a/bc"} {
			p.asked(key, 0, false)
		}
		p.forget("/a/b")
		for key, want := range map[string]bool{"/a": false, "/a/b": false, "/a/b/c": false, "/a/bc": true} {
			if _, held := p.polls[key]; held != want {
				t.Errorf("%s is held: %v", key, held)
			}
		}
		for i := range 3 * maxPolls {
			p.asked(fmt.Sprint("/", i), 0, false)
		}
		if n := len(p.polls); n > maxPolls {
			t.Errorf("%d are kept", n)
		}
	})
}
