package azure

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// edit changes the journal, and returns when the change would survive a crash. What cannot be written has not happened: whoever
// gets the error must not go on.
func (j *journal) edit(how func(*Journal)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	next := j.now.clone()
	how(&next)
	text, err := json.MarshalIndent(next, "", "  ")
	if err == nil {
		err = replace(j.path, append(text, '\n'))
	}
	if err != nil {
		err = fmt.Errorf("write the journal of the distribution: %w", err)
		if j.fail == nil {
			j.fail = err
		}
		return err
	}
	j.now = next
	if j.written != nil {
		return j.written()
	}
	return nil
}

// replace puts text into a file, so that at any time the old text or the new one is there, whole.
func replace(path string, text []byte) (err error) {
	next := path + ".new"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close()) // the rename itself
}
