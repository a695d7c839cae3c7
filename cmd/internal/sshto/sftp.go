package sshto

import (
	"context"
	"io"
	"io/fs"

	"github.com/pkg/sftp"
)

// bySFTP is files by the protocol made for them.
type bySFTP struct{ *sftp.Client }

// sftp is nil where the guest's sshd has no such subsystem.
func (g *Guest) sftp() files {
	client, err := sftp.NewClient(g.client)
	if err != nil {
		return nil
	}
	return bySFTP{client}
}

func (f bySFTP) stat(_ context.Context, name string) (entry, error) {
	if name == "" {
		name = "."
	}
	info, err := f.Stat(name)
	if err != nil {
		return entry{}, err
	}
	return entryOf(info), nil
}

func entryOf(info fs.FileInfo) entry {
	return entry{name: info.Name(), kind: info.Mode().Type(), mode: info.Mode().Perm()}
}

func (f bySFTP) list(ctx context.Context, folder string) ([]entry, error) {
	infos, err := f.ReadDirContext(ctx, folder)
	if err != nil {
		return nil, err
	}
	list := make([]entry, len(infos))
	for i, info := range infos {
		list[i] = entryOf(info)
	}
	return list, nil
}

func (f bySFTP) mkdir(_ context.Context, name string) error { return f.MkdirAll(name) }

func (f bySFTP) read(ctx context.Context, name string, to io.Writer) (int64, error) {
	file, err := f.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return file.WriteTo(writer{ctx, to})
}

func (f bySFTP) write(ctx context.Context, name string, mode fs.FileMode, from io.Reader) (n int64, err error) {
	file, err := f.Create(name)
	if err != nil {
		return 0, err
	}
	n, err = file.ReadFrom(reader{ctx, from})
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return n, err
	}
	return n, f.Chmod(name, mode)
}

// writer and reader end with a context.
type (
	writer struct {
		ctx context.Context
		io.Writer
	}
	reader struct {
		ctx context.Context
		io.Reader
	}
)

func (w writer) Write(p []byte) (int, error) {
	if err := context.Cause(w.ctx); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
}

func (r reader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
