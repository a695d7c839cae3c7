package container

import (
	"fmt"
	"os"
	"path/filepath"
)

// prepareSeed copies Spec.Seed to where only the guest's root can read it: in its own folder the files belong to this host's root.
func (s *supervisor) prepareSeed() error {
	if s.spec.Seed == "" {
		return nil
	}
	base := s.inner.base(s.spec.Name)
	entries, err := os.ReadDir(s.spec.Seed)
	if err != nil {
		return fmt.Errorf("read the seed: %w", err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			return fmt.Errorf("seed %s has %q in it, which is no plain file", s.spec.Seed, e.Name())
		}
		text, err := os.ReadFile(filepath.Join(s.spec.Seed, e.Name()))
		if err != nil {
			return fmt.Errorf("read the seed: %w", err)
		}
		to := filepath.Join(seedFolder, e.Name())
		if err := os.WriteFile(to, text, 0o400); err != nil {
			return err
		}
		if err := os.Chown(to, base, base); err != nil {
			return err
		}
	}
	return os.Chown(seedFolder, base, base)
}
