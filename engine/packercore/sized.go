package packercore

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/zclconf/go-cty/cty"
)

// sized is a communicator by SSH that is told the size of what is uploaded. scp wants it first, and without it the SDK writes all to a
// temporary file and waits for the disk, for each script of each step. The guest is told the same.
type sized struct{ packersdk.Communicator }

// largestScript is how much is held in memory to find out how long it is, in bytes.
const largestScript = 256 << 10

// Upload implements packersdk.Communicator.
func (s sized) Upload(dst string, src io.Reader, info *os.FileInfo) error {
	if info != nil {
		return s.Communicator.Upload(dst, src, info)
	}
	head, err := io.ReadAll(io.LimitReader(src, largestScript+1))
	if err != nil {
		return err
	}
	if len(head) > largestScript {
		return s.Communicator.Upload(dst, io.MultiReader(bytes.NewReader(head), src), nil)
	}
	var script os.FileInfo = scriptInfo{path.Base(dst), int64(len(head))}
	return s.Communicator.Upload(dst, bytes.NewReader(head), &script)
}

// scriptInfo is a file as the SDK takes one that it knows nothing of.
type scriptInfo struct {
	name string
	size int64
}

func (i scriptInfo) Name() string     { return i.name }
func (i scriptInfo) Size() int64      { return i.size }
func (scriptInfo) Mode() fs.FileMode  { return 0o644 }
func (scriptInfo) ModTime() time.Time { return time.Time{} }
func (scriptInfo) IsDir() bool        { return false }
func (scriptInfo) Sys() any           { return nil }

// byScp reports whether a build copies files by scp, which is the SDK's default. By SFTP a size means that the mode is set as well.
func (h *provisionHook) byScp(values map[string]any) bool {
	if values["ConnType"] != "ssh" {
		return false
	}
	v := h.setting("ssh_file_transfer_method")
	return v.IsNull() || v.IsKnown() && v.Type() == cty.String && (v.AsString() == "" || v.AsString() == "scp")
}
