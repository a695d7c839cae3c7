package layers

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Making says what a layer is to be.
type Making struct {
	Parent   string // ID of the layer that its disk lies over, which may be a draft of this store yet; "": the base image
	Keys     Keys
	Target   string // name of the target whose machine it is; "": FirstTarget
	Next     int    // the layer is the machine before step Next; Keys.Len() is after the last one
	Template string
	Run      string
	Base     Base // as PinBase gave it
	Final    bool
	Alone    bool   // as Layer has it
	Bound    string // as Layer has it

	// Record notes the draft's folder, before it is made, as something to be removed if this process dies; Strike takes that back.
	// Nil: nobody notes it.
	Record, Strike func(ctx context.Context, path string) error
}

// Draft is a layer that is being made. Its folder is there and empty, and stays where it is: it is the layer's folder once it is published.
type Draft struct {
	ID, Dir string

	s    *Store
	m    Making
	made time.Time
	lock *flock.Flock
	done chan struct{} // closed once it is published, or is not
	err  error         // after done
	got  Layer         // after done
}

// Begin makes the folder of a new layer. The draft is held until Release, and so is the layer that becomes of it.
func (s *Store) Begin(ctx context.Context, m Making) (*Draft, error) {
	if m.Next < 1 || m.Next > m.Keys.Len() {
		panic(fmt.Sprintf("layers: there is no layer before step %d of %d", m.Next, m.Keys.Len()))
	}
	d := &Draft{ID: newID(), s: s, m: m, made: s.now().UTC(), done: make(chan struct{})}
	d.Dir = filepath.Join(s.dir, d.ID)
	if m.Record != nil {
		if err := m.Record(ctx, d.Dir); err != nil {
			return nil, err
		}
	}
	if err := d.make(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("make a layer: %w", err), d.remove(ctx))
	}
	return d, nil
}

func newID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// make makes the folder and takes its lock. The folder's own name is brought onto the disk when it is published.
func (d *Draft) make(ctx context.Context) error {
	if err := os.Mkdir(d.Dir, 0o700); err != nil {
		return err
	}
	lock, err := d.s.use(ctx, d.ID)
	if err != nil {
		return err
	}
	d.lock = lock
	text, err := json.Marshal(map[string]string{"run": d.m.Run})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.Dir, draftFile), text, 0o600)
}

// Publish makes a layer of the draft, once the builder has left its files there. facts is what it gave; way is how to get into the guest,
// and is sealed. After an error the folder is still there: the running disk may lie over it. Discard removes it.
func (d *Draft) Publish(ctx context.Context, facts, way []byte) (Layer, error) {
	l, err := d.publish(ctx, facts, way)
	return d.end(l, err)
}

// PublishSoon does the same beside what comes next. Wait, and Find and Open of this store, wait for it.
func (d *Draft) PublishSoon(ctx context.Context, facts, way []byte) {
	d.s.mu.Lock()
	d.s.pending[d.ID] = d
	d.s.mu.Unlock()
	d.s.work.Go(func() {
		l, err := d.publish(ctx, facts, way)
		if _, err = d.end(l, err); err != nil {
			d.s.mu.Lock()
			d.s.failed = append(d.s.failed, err)
			d.s.mu.Unlock()
		}
	})
}

// Published waits until a draft that is on its way to be published is a layer, or is known to become none.
func (d *Draft) Published(ctx context.Context) (Layer, error) {
	select {
	case <-d.done:
		return d.got, d.err
	case <-ctx.Done():
		return Layer{}, context.Cause(ctx)
	}
}

func (d *Draft) end(l Layer, err error) (Layer, error) {
	if err != nil {
		err = fmt.Errorf("keep the machine as it was before step %d: %w", d.m.Next, err)
	}
	d.got, d.err = l, err
	close(d.done)
	d.s.mu.Lock()
	delete(d.s.pending, d.ID)
	d.s.mu.Unlock()
	return l, err
}

func (d *Draft) publish(ctx context.Context, facts, way []byte) (Layer, error) {
	dir, err := d.s.folder(d.ID)
	if err != nil {
		return Layer{}, err
	}
	defer dir.Close()
	if len(facts) > 0 {
		if err := writeFile(dir, factsFile, facts); err != nil {
			return Layer{}, err
		}
	}
	if way != nil {
		if err := d.s.key.WriteFile(filepath.Join(d.Dir, wayFile), d.ID, way); err != nil {
			return Layer{}, err
		}
	}
	files, as, err := recordFiles(ctx, dir)
	if err != nil {
		return Layer{}, err
	}
	text, err := d.s.encode(d.record(files))
	if err != nil {
		return Layer{}, err
	}
	if err := d.parentIsThere(ctx); err != nil {
		return Layer{}, err
	}
	d.s.noteVerified(dir, files, as)
	if err := writeFile(dir, usedFile, nil); err != nil {
		return Layer{}, err
	}
	// Struck first: who cleans up after this process must not remove a layer that others use by then. If it dies in between, an
	// unfinished folder is left, which Prune removes.
	if d.m.Strike != nil {
		if err := d.m.Strike(ctx, d.Dir); err != nil {
			return Layer{}, err
		}
	}
	if err := writeFile(dir, layerFile, text); err != nil {
		return Layer{}, err
	}
	if err := errors.Join(dir.Remove(draftFile), syncStore(d.s.dir)); err != nil {
		return Layer{}, err
	}
	return d.s.read(d.ID)
}

func syncStore(path string) error {
	dir, err := os.OpenRoot(path)
	if err != nil {
		return err
	}
	return errors.Join(syncNames(dir), dir.Close())
}

func (d *Draft) record(files []fileRecord) record {
	step := d.m.Keys.recipe.Steps[d.m.Next-1]
	key := d.m.Keys.At(d.m.Next)
	if d.m.Alone {
		_, _ = rand.Read(key[:]) // no build has it
	}
	return record{
		Version: recordVersion, ID: d.ID, Parent: d.m.Parent, Key: key, Target: d.m.Target, Next: d.m.Next,
		Step: step.ID, Title: step.Title, Template: d.m.Template, Run: d.m.Run, Final: d.m.Final, Alone: d.m.Alone, Bound: d.m.Bound, Made: d.made,
		Base: d.m.Base, Files: files,
		Recipe: recipe{Profile: d.m.Keys.recipe.Profile, Steps: d.m.Keys.recipe.Steps[:d.m.Next]},
	}
}

// parentIsThere waits for a parent that is a draft itself, so that no layer is ever there without what it lies over.
func (d *Draft) parentIsThere(ctx context.Context) error {
	if d.m.Parent == "" {
		return nil
	}
	d.s.mu.Lock()
	parent := d.s.pending[d.m.Parent]
	d.s.mu.Unlock()
	if parent != nil {
		if _, err := parent.Published(ctx); err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	if _, err := d.s.read(d.m.Parent); err != nil {
		return fmt.Errorf("layer %s, which it lies over, is not kept", d.m.Parent)
	}
	return nil
}

// recordFiles brings all files of a draft onto the disk, and sums them.
func recordFiles(ctx context.Context, dir *os.Root) (files []fileRecord, as []seen, err error) {
	entries, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if own[e.Name()] {
			continue
		}
		if !fileShape.MatchString(e.Name()) {
			return nil, nil, fmt.Errorf("a layer takes no file of the name %q", e.Name())
		}
		f, err := openFile(dir, e.Name())
		if err != nil {
			return nil, nil, err
		}
		r, at, err := recordFile(ctx, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, nil, err
		}
		r.Name = e.Name()
		files, as = append(files, r), append(as, at)
	}
	if !hasDisk(files) {
		return nil, nil, fmt.Errorf("the builder left no %s", DiskFile)
	}
	return files, as, nil
}

func recordFile(ctx context.Context, f *os.File) (r fileRecord, at seen, err error) {
	if err := f.Chmod(0o600); err != nil {
		return r, at, err
	}
	if err := f.Sync(); err != nil {
		return r, at, err
	}
	info, err := f.Stat()
	if err != nil {
		return r, at, err
	}
	sum, err := sumOf(ctx, f)
	return fileRecord{Size: info.Size(), Sum: sum}, seenOf(info), err
}

func hasDisk(files []fileRecord) bool {
	for _, f := range files {
		if f.Name == DiskFile {
			return true
		}
	}
	return false
}

// Discard removes the draft's folder. Nothing may use its disk any more. It works under a cancelled context, and after Publish failed; a
// layer that was published stays.
func (d *Draft) Discard(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := d.s.read(d.ID); err == nil {
		return d.Release()
	}
	return errors.Join(d.remove(ctx), d.Release())
}

func (d *Draft) remove(ctx context.Context) error {
	if err := os.RemoveAll(d.Dir); err != nil {
		return err
	}
	if d.m.Strike != nil {
		return d.m.Strike(context.WithoutCancel(ctx), d.Dir)
	}
	return nil
}

// Release gives the layer back, or the draft: others may remove it.
func (d *Draft) Release() error {
	if d.lock == nil {
		return nil
	}
	err := d.lock.Close()
	d.lock = nil
	return err
}

// Wait waits for all that PublishSoon began. The error joins what became of no layer, and was not told yet.
func (s *Store) Wait() error {
	s.work.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	err := errors.Join(s.failed...)
	s.failed = nil
	return err
}
