package detach

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// read takes an answer in pieces of a size and says what was in it.
func read(answer string, base64 bool, piece int) (got []string, out, errs []byte, err error) {
	f := frames{
		magic: "magic", base64: base64,
		output: func(stream byte, p []byte) {
			if stream == 'o' {
				out = append(out, p...)
			} else {
				errs = append(errs, p...)
			}
		},
		tell: func(kind byte, text string) { got = append(got, fmt.Sprintf("%c %s", kind, text)) },
	}
	for err == nil && answer != "" {
		n := min(piece, len(answer))
		err = f.take([]byte(answer[:n]))
		answer = answer[n:]
	}
	return got, out, errs, err
}

func TestFrames(t *testing.T) {
	for _, tc := range []struct {
		name, answer string
		base64       bool
		want         []string
		out, errs    string
		fails        string
	}{
		{name: "nothing", answer: ""},
		{name: "a shell with much to say", answer: strings.Repeat("hello\n", 1000) + "no newline: magic\ns -\nx 0\n", want: []string{"s -", "x 0"}},
		{name: "a line that never ends", answer: strings.Repeat("x", maxLine+5) + "\nmagic\nb\n", want: []string{"b "}},
		{name: "no magic", answer: "s -\no 3\nabcx 0\n"},
		{name: "output", answer: "\nmagic\ns b1\no 3\na\nbe 1\n\x00o 2\nx e 1\n\n" + "x 3\n", want: []string{"s b1", "x 3"}, out: "a\nbx ", errs: "\x00\n"},
		{name: "what looks like frames", answer: "magic\no 8\nx 0\nmagix 7\nx 8\n", want: []string{"x 7"}, out: "x 0\nmagi"},
		{name: "Windows", answer: "magic\r\ns -\r\no 2 AP8=\r\ne 1 ZQ==\r\nb\r\nx -5\r\nnoise", base64: true,
			want: []string{"s -", "b ", "x -5"}, out: "\x00\xff", errs: "e"},
		{name: "cut in a chunk", answer: "magic\no 10\nabc", out: "abc"},
		{name: "cut in a line of base64", answer: "magic\no 2 AP", base64: true},
		{name: "another size", answer: "magic\no 3 AP8=\n", base64: true, fails: "a chunk of 3 bytes that is none"},
		{name: "no base64", answer: "magic\no 3 ????\n", base64: true, fails: "a chunk of 3 bytes that is none"},
		{name: "size of nothing", answer: "magic\no 0\n", fails: `a chunk of "0" bytes`},
		{name: "negative size", answer: "magic\no -1\n", fails: `a chunk of "-1" bytes`},
		{name: "enormous size", answer: "magic\ne 999999999999\n", fails: `a chunk of "999999999999" bytes`},
		{name: "no exit code", answer: "magic\nx \n", fails: `the exit code ""`},
		{name: "unknown frame", answer: "magic\nhello there\n", fails: `the line "hello there"`},
		{name: "endless frame", answer: "magic\n" + strings.Repeat("s", maxLine+1), fails: "more than 1048576 bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, piece := range []int{1, 7, 1 << 30} {
				got, out, errs, err := read(tc.answer, tc.base64, piece)
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("in pieces of %d (-want +got):\n%s", piece, diff)
				}
				if string(out) != tc.out || string(errs) != tc.errs {
					t.Errorf("in pieces of %d: output %q, %q; want %q, %q", piece, out, errs, tc.out, tc.errs)
				}
				if tc.fails == "" && err != nil || tc.fails != "" && (err == nil || !strings.Contains(err.Error(), tc.fails)) {
					t.Errorf("in pieces of %d: error %v, want %q", piece, err, tc.fails)
				}
			}
		})
	}
}

// FuzzFrames holds that nothing a guest says breaks the reader, and that it does not matter how the answer is cut.
func FuzzFrames(f *testing.F) {
	f.Add("noise\nmagic\ns b\no 3\nabce 1\nxb\nx 0\n", false, 3)
	f.Add("magic\r\ns -\r\no 2 AP8=\r\nx -5\r\n", true, 1)
	f.Add("magic\ng reboot\n", false, 2)
	f.Fuzz(func(t *testing.T, answer string, base64 bool, piece int) {
		got1, out1, errs1, err1 := read(answer, base64, max(1, piece))
		got2, out2, errs2, err2 := read(answer, base64, 1<<30)
		if diff := cmp.Diff(got2, got1); diff != "" || !bytes.Equal(out1, out2) || !bytes.Equal(errs1, errs2) || (err1 == nil) != (err2 == nil) {
			t.Errorf("whole and in pieces differ: %s; %q, %q; %q, %q; %v, %v", diff, out2, out1, errs2, errs1, err2, err1)
		}
		if len(out1)+len(errs1) > len(answer) {
			t.Errorf("%d bytes of output from %d", len(out1)+len(errs1), len(answer))
		}
	})
}
