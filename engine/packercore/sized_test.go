package packercore

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"
)

// uploads notes what it is given.
type uploads struct {
	packersdk.Communicator
	content []byte
	size    int64 // -1: it was not told
}

func (u *uploads) Upload(_ string, src io.Reader, info *os.FileInfo) (err error) {
	u.size = -1
	if info != nil {
		u.size = (*info).Size()
		if mode := (*info).Mode(); mode != 0o644 {
			return os.ErrInvalid
		}
	}
	u.content, err = io.ReadAll(src)
	return err
}

func TestSized(t *testing.T) {
	for _, size := range []int{0, 1, largestScript, largestScript + 1, 2 * largestScript} {
		want, content := int64(size), []byte(strings.Repeat("x", size))
		if size > largestScript {
			want = -1
		}
		u := new(uploads)
		if err := (sized{u}).Upload("/tmp/script.sh", bytes.NewReader(content), nil); err != nil {
			t.Fatal(err)
		}
		if u.size != want || !bytes.Equal(u.content, content) {
			t.Errorf("%d bytes: %d arrived, and the size was told as %d, want %d", size, len(u.content), u.size, want)
		}
	}
}

func TestByScp(t *testing.T) {
	method := func(v cty.Value) cty.Value { return cty.ObjectVal(map[string]cty.Value{"ssh_file_transfer_method": v}) }
	for _, tt := range []struct {
		name, connection string
		settings         cty.Value
		want             bool
	}{
		{"by default", "ssh", method(cty.NullVal(cty.String)), true},
		{"scp", "ssh", method(cty.StringVal("scp")), true},
		{"sftp", "ssh", method(cty.StringVal("sftp")), false},
		{"not SSH", "winrm", method(cty.NullVal(cty.String)), false},
		{"a builder that has no such setting", "ssh", cty.EmptyObjectVal, true},
		{"no settings", "ssh", cty.NilVal, true},
	} {
		h := &provisionHook{job: &job{settings: tt.settings}}
		if got := h.byScp(map[string]any{"ConnType": tt.connection}); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
}
