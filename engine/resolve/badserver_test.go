package resolve

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
)

// patient are options with the delays of the product, in which waiting takes no time and is noted.
func patient(t *testing.T) (Options, *[]time.Duration) {
	t.Helper()
	o := options(t)
	o.Delays = nil
	waits := new([]time.Duration)
	o.wait = func(_ context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return nil
	}
	return o, waits
}

func TestTenAttempts(t *testing.T) {
	var asked atomic.Int32
	fail := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if n, err := strconv.Atoi(r.FormValue("times")); err != nil || int(asked.Add(1)) > n {
				fmt.Fprint(w, script)
				return
			}
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			http.Error(w, "not now", code)
		}
	}
	seconds := func(n ...int) (list []time.Duration) {
		for _, s := range n {
			list = append(list, time.Duration(s)*time.Second)
		}
		return list
	}
	const date = "Sat, 21 Nov 2026 09:00:40 GMT"
	for _, tt := range []struct {
		name   string
		server http.HandlerFunc
		times  int
		waits  []time.Duration
		text   string // of the finding; "": resolved
	}{
		{"503 nine times", fail(503), 9, seconds(1, 2, 4, 8, 15, 15, 15, 15, 15), ""},
		{"503 ten times", fail(503), 10, seconds(1, 2, 4, 8, 15, 15, 15, 15, 15), "(10 attempts)"},
		{"429 with Retry-After in seconds", fail(429, "Retry-After", "7"), 2, seconds(7, 7), ""},
		{"429 with Retry-After as a date", fail(429, "Retry-After", date), 1, seconds(40), ""},
		{"Retry-After shorter than ours", fail(503, "Retry-After", "1"), 3, seconds(1, 2, 4), ""},
		{"Retry-After in the past", fail(503, "Retry-After", "Sat, 21 Nov 2020 09:00:40 GMT"), 1, seconds(1), ""},
		{"Retry-After of nonsense", fail(503, "Retry-After", "soon"), 1, seconds(1), ""},
		{"Retry-After of hours", fail(503, "Retry-After", "7200"), 1, nil, "asks to come back in 2h0m0s"},
		{"Retry-After beyond all numbers", fail(503, "Retry-After", "99999999999"), 1, nil, "asks to come back in"},
		{"408", fail(408), 1, seconds(1), ""},
		{"404 is for good", fail(404), 1, nil, "404"},
		{"410 is for good", fail(410), 1, nil, "410"},
		{"501 is for good", fail(501), 1, nil, "501"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked.Store(0)
			o, waits := patient(t)
			o.now = func() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }
			uri := serve(t, tt.server) + "/a.sh?times=" + strconv.Itoa(tt.times)
			if tt.text == "" {
				resolved(t, o, uri, "")
			} else if code, text := refused(t, o, uri); code != CodeStatus || !strings.Contains(text, tt.text) {
				t.Errorf("%s: %s; want %q", code, text, tt.text)
			}
			if !slices.Equal(*waits, tt.waits) {
				t.Errorf("waited %v, want %v", *waits, tt.waits)
			}
		})
	}
}

// TestCutDownloads serves a file of two MiB by connections that break, with servers of different manners.
func TestCutDownloads(t *testing.T) {
	whole := bytes.Repeat([]byte("0123456789abcdef"), 2<<20/16)
	const at = 700_000 // bytes until a connection breaks
	old := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
	// send answers as asked, up to the cut.
	send := func(w http.ResponseWriter, r *http.Request, body []byte, header map[string]string) {
		from := 0
		for k, v := range header {
			w.Header().Set(k, v)
		}
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil && header["Accept-Ranges"] != "none" {
			if header["Content-Range"] == "" {
				w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(body)-1, len(body)))
			}
			w.Header().Set("Content-Length", strconv.Itoa(len(body)-from))
			w.WriteHeader(http.StatusPartialContent)
		} else {
			from = 0
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		}
		_, _ = w.Write(body[from:min(from+at, len(body))])
		if from+at < len(body) {
			panic(http.ErrAbortHandler)
		}
	}
	other := bytes.ToUpper(whole)
	for _, tt := range []struct {
		name     string
		server   func(n int32) http.HandlerFunc // of the n-th request
		requests int32
		want     []byte // nil: it is given up
	}{
		{"entity tag", func(int32) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				send(w, r, whole, map[string]string{"ETag": `"1"`})
			}
		}, 3, whole},
		{"date", func(int32) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				send(w, r, whole, map[string]string{"Last-Modified": old})
			}
		}, 3, whole},
		{"weak entity tag: nothing to go on with", func(int32) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Range") != "" {
					t.Error("it asked for a part")
				}
				send(w, r, whole, map[string]string{"ETag": `W/"1"`})
			}
		}, 3, nil},
		{"knows no ranges", func(int32) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				send(w, r, whole, map[string]string{"ETag": `"1"`, "Accept-Ranges": "none"})
			}
		}, 3, nil},
		{"changed in between, and looks at no condition", func(n int32) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if n == 1 {
					send(w, r, whole, map[string]string{"ETag": `"1"`})
					return
				}
				send(w, r, other, map[string]string{"ETag": `"2"`})
			}
		}, 5, other},
		{"goes on elsewhere", func(n int32) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				header := map[string]string{"ETag": `"1"`}
				if n == 2 {
					header["Content-Range"] = fmt.Sprintf("bytes 5-%d/%d", len(whole)-1, len(whole))
				}
				send(w, r, whole, header)
			}
		}, 5, whole},
		{"has another size by then", func(n int32) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				header := map[string]string{"ETag": `"1"`}
				if n == 2 {
					header["Content-Range"] = fmt.Sprintf("bytes %d-9999999/10000000", at)
				}
				send(w, r, whole, header)
			}
		}, 5, whole},
		{"gives less than is left", func(n int32) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if n != 2 {
					send(w, r, whole, map[string]string{"ETag": `"1"`})
					return
				}
				w.Header().Set("ETag", `"1"`)
				w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", at, at+99, len(whole)))
				w.Header().Set("Content-Length", "100")
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(whole[at : at+100])
			}
		}, 4, whole},
		{"the part is not there any more", func(n int32) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if n == 2 {
					http.Error(w, "no", http.StatusRequestedRangeNotSatisfiable)
					return
				}
				send(w, r, whole, map[string]string{"ETag": `"1"`})
			}
		}, 5, whole},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked atomic.Int32
			url := serve(t, func(w http.ResponseWriter, r *http.Request) { tt.server(asked.Add(1))(w, r) })
			o, _ := patient(t)
			if tt.want == nil {
				o.Delays = options(t).Delays // three attempts are enough to see that it gets nowhere
				if code, text := refused(t, o, url+"/a.bin"); code != CodeUnreachable || !strings.Contains(text, "cut after") {
					t.Errorf("%s: %s", code, text)
				}
			} else if c := resolved(t, o, url+"/a.bin", ""); c.SHA256 != sum(string(tt.want)) {
				t.Errorf("other bytes came: %d with %s", c.Size, c.SHA256)
			}
			if asked.Load() != tt.requests {
				t.Errorf("%d requests, want %d", asked.Load(), tt.requests)
			}
		})
	}
}

// TestBadAnswers are answers that no file comes of, and what is said of them.
func TestBadAnswers(t *testing.T) {
	raw := func(answer string) func(net.Conn) {
		return func(c net.Conn) { _, _ = c.Write([]byte(answer)) }
	}
	for _, tt := range []struct {
		name   string
		answer func(net.Conn)
		code   diag.Code
		text   string
	}{
		{"not HTTP", raw("220 mail.example ESMTP\r\n"), CodeUnreachable, "malformed HTTP"},
		{"nothing", raw(""), CodeUnreachable, "EOF"},
		{"less than it says", raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"), CodeUnreachable, "cut after 5 of 100 bytes"},
		{"a length that is none", raw("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nhello"), CodeUnreachable, "Content-Length"},
		{"two lengths", raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), CodeUnreachable, "Content-Length"},
		{"chunks that break off", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), CodeUnreachable, "cut after 5 bytes"},
		{"headers without end", func(c net.Conn) {
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\n"))
			for i := range 1 << 20 {
				if _, err := fmt.Fprintf(c, "X-%d: %0100d\r\n", i, i); err != nil {
					return
				}
			}
		}, CodeUnreachable, "exceeded"},
		{"a size that is too large", raw("HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"), CodeTooLarge, "more than"},
		{"bytes without end", func(c net.Conn) {
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
			for block := make([]byte, 64<<10); ; {
				if _, err := c.Write(block); err != nil {
					return
				}
			}
		}, CodeTooLarge, "more than"},
		{"a byte now and then", func(c net.Conn) {
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"))
			drip(c)
		}, CodeUnreachable, "next to nothing"},
		{"a redirect that never ends", func(c net.Conn) {
			_, _ = c.Write([]byte("HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n"))
			drip(c)
		}, CodeUnreachable, "next to nothing"},
		{"a refusal that never ends", func(c net.Conn) {
			_, _ = c.Write([]byte("HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\n\r\n"))
			drip(c)
		}, CodeStatus, "403"},
		{"no answer at all", drip, CodeUnreachable, "next to nothing"},
		{"a code that does not exist", raw("HTTP/1.1 999 sig=secret\r\nContent-Length: 0\r\n\r\n"), CodeStatus, "999"},
		{"not modified, though nobody asked", raw("HTTP/1.1 304 Not Modified\r\n\r\n"), CodeStatus, "304"},
		{"a part, though nobody asked", raw("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\nhello"),
			CodeUnreachable, "changed while"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t)
			o.MaxSize = 1 << 20
			o.stall = 100 * time.Millisecond
			o.Delays = o.Delays[:1]
			code, text := refused(t, o, listen(t, tt.answer)+"/a.sh?sig=secret")
			if code != tt.code || !strings.Contains(text, tt.text) || strings.Contains(text, "secret") {
				t.Errorf("%s: %s; want %s, %q", code, text, tt.code, tt.text)
			}
			if left, err := o.Cache.Leftovers(); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
	t.Run("more than it says", func(t *testing.T) { // HTTP ends where the length says; a checksum tells
		o := options(t)
		url := listen(t, raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more"))
		if c := resolved(t, o, url, ""); c.SHA256 != sum("hello") {
			t.Errorf("content %+v", c)
		}
	})
}

// drip sends a byte now and then until nobody listens.
func drip(c net.Conn) {
	for {
		if _, err := c.Write([]byte("x")); err != nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// listen answers every request on a connection with what answer writes.
func listen(t *testing.T, answer func(net.Conn)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 4096)
				if _, err := c.Read(buf); err != nil {
					return
				}
				answer(c)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// TestSuspects are answers that are taken, with a warning.
func TestSuspects(t *testing.T) {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := zip.Write([]byte(script)); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("it accepts %q", r.Header.Get("Accept-Encoding"))
		}
		switch {
		case strings.HasPrefix(r.URL.Path, "/packed"):
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
		case strings.HasPrefix(r.URL.Path, "/page"):
			fmt.Fprint(w, "\ufeff\n <!DOCTYPE HTML><title>Log in</title>")
		case strings.HasPrefix(r.URL.Path, "/marked"):
			fmt.Fprint(w, "\ufeff"+script)
		case strings.HasPrefix(r.URL.Path, "/utf16le"):
			fmt.Fprint(w, "\xff\xfe#\x00!\x00/\x00")
		case strings.HasPrefix(r.URL.Path, "/utf16be"):
			fmt.Fprint(w, "\x00#\x00!\x00/")
		case strings.HasPrefix(r.URL.Path, "/large"):
			_, _ = w.Write(make([]byte, serviceFileSize))
		}
	})
	for _, tt := range []struct {
		path string
		file bool
		want diag.Code
		text string
		sum  string
	}{
		{"/packed.sh", false, CodeSuspect, `compressed ("gzip")`, sum(packed.String())},
		{"/packed.tar.gz", false, "", "", sum(packed.String())},
		{"/page.sh", false, CodeSuspect, "is a web page", ""},
		{"/page.html", true, "", "", ""},
		{"/marked.sh", false, CodeSuspect, "starts with a byte order mark", sum("\ufeff" + script)},
		{"/marked.txt", true, "", "", ""},
		{"/utf16le.sh", false, CodeSuspect, "is written in UTF-16", ""},
		{"/utf16be.sh", false, CodeSuspect, "is written in UTF-16", ""},
		{"/large.zip", true, CodeLarge, "has 20 MB", ""},
		{"/large.sh", false, "", "", ""},
	} {
		t.Run(tt.path, func(t *testing.T) {
			p := shellPlan(url+tt.path, "")
			if tt.file {
				p.Steps = []plan.Step{{ID: "customize[0]", File: &plan.File{Content: p.Steps[0].Shell.Script, Destination: "/opt/x"}}}
			}
			found, err := Contents(t.Context(), p, options(t))
			if err != nil || found.HasErrors() || !p.Contents()[0].Resolved {
				t.Fatal(found, err)
			}
			if tt.want == "" && len(found) > 0 || tt.want != "" && (len(found) != 1 || found[0].Code != tt.want || !strings.Contains(found[0].Summary, tt.text)) {
				t.Errorf("found %v, want %q %q", found, tt.want, tt.text)
			}
			if tt.sum != "" && p.Contents()[0].SHA256 != tt.sum {
				t.Error("other bytes came")
			}
		})
	}
}

func TestPagesAboutFiles(t *testing.T) {
	for uri, want := range map[string]string{
		"https://github.com/o/r/blob/main/scripts/a%20b.sh":  "https://raw.githubusercontent.com/o/r/main/scripts/a%20b.sh",
		"https://gitlab.example/g/s/p/-/blob/main/a.sh":      "https://gitlab.example/g/s/p/-/raw/main/a.sh",
		"https://github.com/o/r/blob/main/a.sh?plain=1":      "https://raw.githubusercontent.com/o/r/main/a.sh",
		"https://github.com/o/r/blob/main/a.sh?raw=true":     "",
		"https://github.com/o/r/raw/main/a.sh":               "",
		"https://raw.githubusercontent.com/o/blob/blob/a.sh": "",
	} {
		o := options(t)
		o.rename = func(string) string { return "127.0.0.1:1" }
		o.Delays = o.Delays[:0]
		code, text := refused(t, o, uri)
		if want == "" && code != CodeUnreachable || want != "" && (code != CodeBadURI || !strings.Contains(text, "write "+want)) {
			t.Errorf("%s: %s: %s; want %q", uri, code, text, want)
		}
	}
}
