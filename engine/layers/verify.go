package layers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sync/errgroup"
)

// damage says what is wrong with a layer, in one clause.
type damage struct {
	err    error
	memory bool // it is the memory alone: the disk is as good as ever
}

// Error is the clause.
func (d *damage) Error() string { return d.err.Error() }

// seen is the file as the kernel knows it. As long as it stays the same, nobody wrote to it.
type seen struct {
	Inode uint64 `json:"inode"`
	Size  int64  `json:"size"`
	MTime int64  `json:"mtime"` // ns
	CTime int64  `json:"ctime"` // ns
}

func seenOf(info fs.FileInfo) seen {
	st := info.Sys().(*syscall.Stat_t)
	return seen{Inode: st.Ino, Size: info.Size(), MTime: info.ModTime().UnixNano(), CTime: st.Ctim.Nano()}
}

// verify holds a layer's files against their checksums: all of them with full, as a machine goes on from that layer; else only what it
// lies over, which is no memory, and of that what was touched since it was verified. The error is a *damage, or that of the context. A
// layer whose memory is gone passes.
func (s *Store) verify(ctx context.Context, l Layer, full bool) error {
	if l.Damaged != "" {
		return &damage{err: errors.New(l.Damaged)}
	}
	dir, err := s.folder(l.ID)
	if err != nil {
		return &damage{err: err}
	}
	defer dir.Close()
	before := verifiedBefore(dir)
	now := make([]seen, len(l.rec.Files))
	group, gctx := errgroup.WithContext(ctx)
	for i, f := range l.rec.Files {
		if !full && f.Name == StateFile {
			now[i] = before[f.Name]
			continue
		}
		info, err := dir.Lstat(f.Name)
		switch {
		case f.Name == StateFile && errors.Is(err, fs.ErrNotExist):
			continue
		case errors.Is(err, fs.ErrNotExist):
			return &damage{err: fmt.Errorf("its %s is gone", f.Name)}
		case err != nil:
			return &damage{err: err}
		case !info.Mode().IsRegular():
			return &damage{err: fmt.Errorf("its %s is no ordinary file", f.Name)}
		case info.Size() != f.Size:
			return &damage{memory: f.Name == StateFile, err: fmt.Errorf("its %s has %d bytes, not %d", f.Name, info.Size(), f.Size)}
		}
		now[i] = seenOf(info)
		if !full && before[f.Name] == now[i] {
			continue
		}
		group.Go(func() error { return sumMatches(gctx, dir, f) })
	}
	if err := group.Wait(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	s.noteVerified(dir, l.rec.Files, now)
	return nil
}

func sumMatches(ctx context.Context, dir *os.Root, want fileRecord) error {
	memory := want.Name == StateFile
	f, err := openFile(dir, want.Name)
	if err != nil {
		return &damage{memory: memory, err: err}
	}
	defer f.Close()
	got, err := sumOf(ctx, f)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return &damage{memory: memory, err: fmt.Errorf("read its %s: %w", want.Name, err)}
	case got != want.Sum:
		return &damage{memory: memory, err: fmt.Errorf("its %s is not what it was", want.Name)}
	}
	return nil
}

func verifiedBefore(dir *os.Root) map[string]seen {
	text, err := readSmall(dir, verifiedFile)
	if err != nil {
		return nil
	}
	var all map[string]seen
	if json.Unmarshal(text, &all) != nil {
		return nil // then all is read again
	}
	return all
}

// noteVerified spares the next build some reading. It is no matter if it cannot.
func (s *Store) noteVerified(dir *os.Root, files []fileRecord, as []seen) {
	all := map[string]seen{}
	for i, f := range files {
		if as[i] != (seen{}) {
			all[f.Name] = as[i]
		}
	}
	if text, err := json.Marshal(all); err == nil {
		_ = writeFile(dir, verifiedFile, text)
	}
}
