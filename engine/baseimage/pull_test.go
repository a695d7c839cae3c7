package baseimage

import (
	"bytes"
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ingot-build/ingot/engine/events"
)

// publisher is a web server that publishes one disk and its checksums; a test may spoil any answer.
type publisher struct {
	*httptest.Server
	disk     []byte
	sums     string
	requests atomic.Int32 // of the disk
	ranges   atomic.Int32 // of them, those that ask for a part
	// answer, if set, sees each request for the disk first; n counts from 1. True: it has answered.
	answer func(w http.ResponseWriter, r *http.Request, n int) bool
}

const diskModified = "Wed, 18 Nov 2026 06:00:00 GMT"

func newPublisher(t *testing.T) *publisher {
	t.Helper()
	disk, err := os.ReadFile(qcow2(t))
	must(t, err)
	p := &publisher{disk: disk, sums: fmt.Sprintf("%x  disk.qcow2\n", sha512.Sum512(disk))}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/SHA512SUMS":
			fmt.Fprint(w, p.sums)
		case "/disk.qcow2":
			n := int(p.requests.Add(1))
			if r.Header.Get("Range") != "" {
				p.ranges.Add(1)
			}
			if p.answer != nil && p.answer(w, r, n) {
				return
			}
			modified, _ := http.ParseTime(diskModified)
			http.ServeContent(w, r, "", modified, bytes.NewReader(p.disk))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) store(t *testing.T) *Store {
	t.Helper()
	return newStore(t, fmt.Sprintf(`{"images": [{"name": "web", "urns": ["Me:web:1"],
		"url": "%[1]s/disk.qcow2", "checksums": "%[1]s/SHA512SUMS"}]}`, p.URL))
}

// cutAt answers with a part of the disk and then breaks the connection.
func (p *publisher) cutAt(w http.ResponseWriter, n int) bool {
	w.Header().Set("Content-Length", fmt.Sprint(len(p.disk)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(p.disk[:n])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func TestPull(t *testing.T) {
	p := newPublisher(t)
	s := p.store(t)
	var stages []string
	im, err := s.Pull(t.Context(), "web", func(e events.Progress) {
		if len(stages) == 0 || stages[len(stages)-1] != e.What {
			stages = append(stages, e.What)
		}
	})
	must(t, err)
	if im.Version != "0.20261118.0" || im.Origin != p.URL+"/disk.qcow2" || im.Format != "qcow2" {
		t.Errorf("got %+v", im)
	}
	if got := strings.Join(stages, ", "); got != "download disk.qcow2, check disk.qcow2" {
		t.Errorf("progress was %q", got)
	}
	if found, err := s.Find(t.Context(), "me", "web", "1", "latest"); err != nil || found.Name != "web" {
		t.Errorf("Find: %v, %v", found.Name, err)
	}
	must(t, s.Verify(t.Context(), "web"))
	wantEmpty(t, s)

	// The same file again costs one look at the checksums; a new one is fetched.
	_, err = s.Pull(t.Context(), "web", nil)
	must(t, err)
	if n := p.requests.Load(); n != 1 {
		t.Errorf("the disk was fetched %d times", n)
	}
	p.disk, err = os.ReadFile(qcow2(t, "-o", "cluster_size=4096"))
	must(t, err)
	p.sums = fmt.Sprintf("%x  disk.qcow2\n", sha512.Sum512(p.disk))
	newer, err := s.Pull(t.Context(), "web", nil)
	if err != nil || newer.SHA256 == im.SHA256 {
		t.Errorf("the new file was not taken: %v", err)
	}
	wantEmpty(t, s)
}

func TestPullThroughTrouble(t *testing.T) {
	tests := map[string]struct {
		answer func(p *publisher, w http.ResponseWriter, r *http.Request, n int) bool
		ranges int32 // requests for the rest of the file
	}{
		"cut off once": {func(p *publisher, w http.ResponseWriter, r *http.Request, n int) bool {
			return n == 1 && p.cutAt(w, 100_000)
		}, 1},
		"cut off at every answer": {func(p *publisher, w http.ResponseWriter, r *http.Request, n int) bool {
			if n > 12 {
				return false
			}
			var from int
			_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
			if from > 0 {
				w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(p.disk)-1, len(p.disk)))
				w.Header().Set("Content-Length", fmt.Sprint(len(p.disk)-from))
				w.WriteHeader(http.StatusPartialContent)
			}
			_, _ = w.Write(p.disk[from : from+10_000])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, 12},
		"a server that knows no ranges": {func(p *publisher, w http.ResponseWriter, r *http.Request, n int) bool {
			if n == 1 {
				return p.cutAt(w, 100_000)
			}
			_, _ = w.Write(p.disk)
			return true
		}, 1},
		"unwell for a while": {func(p *publisher, w http.ResponseWriter, r *http.Request, n int) bool {
			if n < 4 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return n < 4
		}, 0},
		"no answer at all": {func(p *publisher, w http.ResponseWriter, r *http.Request, n int) bool {
			if n < 3 {
				panic(http.ErrAbortHandler)
			}
			return false
		}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPublisher(t)
			p.answer = func(w http.ResponseWriter, r *http.Request, n int) bool { return tt.answer(p, w, r, n) }
			s := p.store(t)
			_, err := s.Pull(t.Context(), "web", nil)
			must(t, err)
			must(t, s.Verify(t.Context(), "web"))
			if got := p.ranges.Load(); got != tt.ranges {
				t.Errorf("%d requests for the rest, want %d", got, tt.ranges)
			}
			wantEmpty(t, s)
		})
	}
}

func TestPullFails(t *testing.T) {
	tests := map[string]struct {
		spoil func(p *publisher)
		want  string
		kept  bool // the part already here
	}{
		"no such disk": {func(p *publisher) {
			p.answer = func(w http.ResponseWriter, r *http.Request, n int) bool { http.NotFound(w, r); return true }
		}, "the server answered 404 Not Found", false},
		"wrong checksum": {func(p *publisher) { p.sums = strings.Repeat("0", 128) + "  disk.qcow2\n" }, "want 0000", false},
		"no checksum":    {func(p *publisher) { p.sums = strings.Repeat("0", 128) + "  other.qcow2\n" }, `no checksum of "disk.qcow2"`, false},
		"endless list":   {func(p *publisher) { p.sums = strings.Repeat("0", checksumLimit+1) }, "no list of checksums", false},
		"always cut off": {func(p *publisher) {
			p.answer = func(w http.ResponseWriter, r *http.Request, n int) bool {
				return n == 1 && p.cutAt(w, 100_000) || func() bool { panic(http.ErrAbortHandler) }()
			}
		}, "gave up after 5 attempts", true},
		"another part": {func(p *publisher) {
			p.answer = func(w http.ResponseWriter, r *http.Request, n int) bool {
				if n == 1 {
					return p.cutAt(w, 100_000)
				}
				w.Header().Set("Content-Range", "bytes 5-9/10")
				w.WriteHeader(http.StatusPartialContent)
				return true
			}
		}, "another part of the file", true},
		"not a disk": {func(p *publisher) {
			p.disk = []byte("<html>sign in</html>")
			p.sums = fmt.Sprintf("%x  disk.qcow2\n", sha512.Sum512(p.disk))
		}, "web page", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPublisher(t)
			s := p.store(t)
			tt.spoil(p)
			_, err := s.Pull(t.Context(), "web", nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			var gone *NotPresentError
			if _, err := s.Get("web"); !errors.As(err, &gone) {
				t.Errorf("after the failure Get gives %v", err)
			}
			if !tt.kept {
				wantEmpty(t, s)
				return
			}
			left, err := s.Leftovers(t.Context())
			if err != nil || len(left) != 1 || left[0].What != "unfinished pull of web" {
				t.Errorf("left behind: %v, %v; want the part that came", left, err)
			}
		})
	}
}

// A download that was interrupted goes on where it was; one that was swept begins anew.
func TestPullCancelled(t *testing.T) {
	p := newPublisher(t)
	s := p.store(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	p.answer = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if n > 1 {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(p.disk)))
		_, _ = w.Write(p.disk[:100_000])
		w.(http.Flusher).Flush()
		for fileGrows := false; !fileGrows; time.Sleep(time.Millisecond) {
			left, _ := os.ReadDir(s.root + "/tmp")
			for _, e := range left {
				fileGrows = fileGrows || fileSize(s.root+"/tmp/"+e.Name()+"/disk") > 0
			}
		}
		cancel(why)
		<-r.Context().Done()
		return true
	}
	if _, err := s.Pull(ctx, "web", nil); !errors.Is(err, why) {
		t.Fatalf("got %v, want the cause", err)
	}
	_, err := s.Pull(t.Context(), "web", nil)
	must(t, err)
	if n := p.ranges.Load(); n != 1 {
		t.Errorf("%d requests for the rest of the file, want 1", n)
	}
	must(t, s.Verify(t.Context(), "web"))
	wantEmpty(t, s)
}

// A part that is complete, or too long, or of another file must not stop the pull for good.
func TestPullOverStalePart(t *testing.T) {
	p := newPublisher(t)
	for name, stale := range map[string][]byte{"complete": p.disk, "too long": append(bytes.Clone(p.disk), 1, 2, 3)} {
		t.Run(name, func(t *testing.T) {
			s := p.store(t)
			part, err := s.sharedTemp(t.Context(), fmt.Sprintf("pull-web-%.16s", p.sums), nil)
			must(t, err)
			writeFile(t, part.path("disk"), stale)
			part.release()
			_, err = s.Pull(t.Context(), "web", nil)
			must(t, err)
			wantEmpty(t, s)
		})
	}
	t.Run("of another file", func(t *testing.T) {
		s := p.store(t)
		part, err := s.sharedTemp(t.Context(), fmt.Sprintf("pull-web-%.16s", p.sums), nil)
		must(t, err)
		writeFile(t, part.path("disk"), []byte("not of that file"))
		part.release()
		var wrong *ChecksumError
		if _, err := s.Pull(t.Context(), "web", nil); !errors.As(err, &wrong) {
			t.Errorf("got %v, want *ChecksumError", err)
		}
		_, err = s.Pull(t.Context(), "web", nil) // it removed the part
		must(t, err)
	})
}

func TestPullTwiceAtOnce(t *testing.T) {
	p := newPublisher(t)
	s := p.store(t)
	first, second := make(chan error), make(chan error)
	waiting := make(chan struct{})
	p.answer = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if n == 1 {
			go func() {
				_, err := s.Pull(t.Context(), "web", func(e events.Progress) {
					if strings.HasPrefix(e.What, "wait") {
						close(waiting)
					}
				})
				second <- err
			}()
			<-waiting
		}
		return false
	}
	go func() { _, err := s.Pull(t.Context(), "web", nil); first <- err }()
	for _, done := range []chan error{first, second} {
		must(t, <-done)
	}
	if n := p.requests.Load(); n != 1 {
		t.Errorf("the disk was fetched %d times", n)
	}
	wantEmpty(t, s)
}

func TestPullUnknown(t *testing.T) {
	s := newStore(t, `{"images": [{"name": "corp"}]}`)
	for _, name := range []string{"corp", "debain-12", ""} {
		var unknown *UnknownError
		if _, err := s.Pull(t.Context(), name, nil); !errors.As(err, &unknown) || len(unknown.Known) == 0 {
			t.Errorf("Pull(%q): %v", name, err)
		}
	}
}
