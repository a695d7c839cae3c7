package winrmserver_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/hashicorp/packer-plugin-sdk/sdk-internals/communicator/winrm"

	"github.com/ingot-build/ingot/plugins/provtest/winguest"
	"github.com/ingot-build/ingot/plugins/provtest/winrmserver"
)

// BenchmarkUpload copies a MiB as Packer does.
func BenchmarkUpload(b *testing.B) {
	m := winguest.New(user, password)
	s, err := winrmserver.Start(m, winrmserver.Options{User: user, Password: password})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	c, err := winrm.New(&winrm.Config{Host: "127.0.0.1", Port: s.Port(), Username: user, Password: password, Timeout: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if err := c.Upload("C:/file.bin", bytes.NewReader(content), nil); err != nil {
			b.Fatal(err)
		}
	}
	if got, err := m.ReadFile("C:/file.bin"); err != nil || !bytes.Equal(got, content) {
		b.Errorf("%d bytes arrived, %v", len(got), err)
	}
}
