package seal

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func open(t *testing.T, dir string) *Key {
	t.Helper()
	k, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealAndOpen(t *testing.T) {
	k := open(t, t.TempDir())
	large := bytes.Repeat([]byte("x"), 1<<20)
	for name, plain := range map[string][]byte{"nothing": {}, "text": []byte("sv=2024&sig=secret"), "large": large} {
		t.Run(name, func(t *testing.T) {
			sealed := k.Seal(plain, "3f2a9c1e", "plan.sealed")
			if len(plain) > 0 && bytes.Contains(sealed, plain) {
				t.Error("the text is in what was sealed")
			}
			if bytes.Equal(sealed, k.Seal(plain, "3f2a9c1e", "plan.sealed")) {
				t.Error("the same text sealed twice gives the same bytes")
			}
			got, err := k.Open(sealed, "3f2a9c1e", "plan.sealed")
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("got %d bytes, %v; want the %d that were sealed", len(got), err, len(plain))
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	k, other := open(t, t.TempDir()), open(t, t.TempDir())
	sealed := k.Seal([]byte("secret"), "run1", "plan")
	change := func(at int) []byte {
		b := bytes.Clone(sealed)
		b[at] ^= 1
		return b
	}
	cases := []struct {
		name      string
		key       *Key
		sealed    []byte
		run, file string
		want      error
	}{
		{"empty", k, nil, "run1", "plan", ErrCut},
		{"half a header", k, sealed[:headerSize-1], "run1", "plan", ErrCut},
		{"header only", k, sealed[:headerSize], "run1", "plan", ErrCut},
		{"cut in the tag", k, sealed[:len(sealed)-1], "run1", "plan", ErrChanged},
		{"more at the end", k, append(bytes.Clone(sealed), 'x'), "run1", "plan", ErrChanged},
		{"plain text", k, []byte(`{"steps": []}`), "run1", "plan", ErrNotSealed},
		{"later version", k, change(len(word)), "run1", "plan", ErrVersion},
		{"key's name changed", k, change(len(word) + 1), "run1", "plan", ErrOtherKey},
		{"nonce changed", k, change(headerSize), "run1", "plan", ErrChanged},
		{"ciphertext changed", k, change(headerSize + 12), "run1", "plan", ErrChanged},
		{"tag changed", k, change(len(sealed) - 1), "run1", "plan", ErrChanged},
		{"another key", other, sealed, "run1", "plan", ErrOtherKey},
		{"another run", k, sealed, "run2", "plan", ErrChanged},
		{"another name", k, sealed, "run1", "vm", ErrChanged},
		{"the border between run and name moved", k, sealed, "run", "1plan", ErrChanged},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.key.Open(c.sealed, c.run, c.file)
			if !errors.Is(err, c.want) || got != nil {
				t.Errorf("got %q, %v; want nothing and %v", got, err, c.want)
			}
		})
	}
}

func TestFile(t *testing.T) {
	state, dir := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "plan.sealed")
	k := open(t, state)
	if _, err := k.ReadFile(path, "run1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	for _, text := range []string{"first", "second, and longer"} {
		if err := k.WriteFile(path, "run1", []byte(text)); err != nil {
			t.Fatal(err)
		}
		// A later process has the key from the file.
		if got, err := open(t, state).ReadFile(path, "run1"); err != nil || string(got) != text {
			t.Errorf("got %q, %v; want %q", got, err, text)
		}
	}
	for _, f := range []string{path, filepath.Join(state, keyFile)} {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", f, info.Mode())
		}
	}
	for _, d := range []string{state, dir} {
		if list, _ := os.ReadDir(d); len(list) != 1 {
			t.Errorf("%s has %d files, want 1: nothing is left of the writing", d, len(list))
		}
	}
	moved := filepath.Join(dir, "vm.sealed")
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	var unread *OpenError
	if _, err := k.ReadFile(moved, "run1"); !errors.As(err, &unread) || !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), moved) {
		t.Errorf("under another name: %v", err)
	}
}

func TestKeyFile(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"empty":       {"", 0o600, "does not hold a key"},
		"short":       {keyWord + "abcd\n", 0o600, "does not hold a key"},
		"no key":      {strings.Repeat("0", 64), 0o600, "does not hold a key"},
		"not hex":     {keyWord + strings.Repeat("x", 64), 0o600, "does not hold a key"},
		"all may see": {keyWord + strings.Repeat("0", 64) + "\n", 0o644, "run: chmod 600"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), keyFile)
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			_, err := Open(filepath.Dir(path))
			var bad *KeyError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a *KeyError with %q", err, c.want)
			}
			if got, _ := os.ReadFile(path); string(got) != c.text {
				t.Error("the file was changed")
			}
		})
	}
}

func TestGoroutinesMakeOneKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	keys := make([]*Key, 16)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			var err error
			if keys[i], err = Open(dir); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, k := range keys[1:] {
		if k == nil || k.id != keys[0].id {
			t.Fatal("two keys were made")
		}
	}
	if list, _ := os.ReadDir(dir); len(list) != 1 {
		t.Errorf("%d files in the folder, want 1", len(list))
	}
}

// sealer is the variable that makes the test binary seal a file instead, as another process.
const sealer = "INGOT_TEST_SEAL_INTO"

func TestMain(m *testing.M) {
	if dir := os.Getenv(sealer); dir != "" {
		k, err := Open(dir)
		if err == nil {
			_, err = os.Stdout.Write(k.Seal([]byte("from another process"), "run1", "plan"))
		}
		if err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestProcessesMakeOneKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	outputs := make([]bytes.Buffer, 4)
	processes := make([]*exec.Cmd, len(outputs))
	for i := range processes {
		processes[i] = exec.Command(os.Args[0])
		processes[i].Env = append(os.Environ(), sealer+"="+dir)
		processes[i].Stdout, processes[i].Stderr = &outputs[i], os.Stderr
		if err := processes[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range processes {
		if err := p.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	k := open(t, dir)
	for i := range outputs {
		if got, err := k.Open(outputs[i].Bytes(), "run1", "plan"); err != nil || string(got) != "from another process" {
			t.Errorf("process %d: got %q, %v", i, got, err)
		}
	}
}

// FuzzOpen opens anything: no panic, and nothing but what was sealed comes out.
func FuzzOpen(f *testing.F) {
	k, err := newKey(make([]byte, keySize))
	if err != nil {
		f.Fatal(err)
	}
	sealed := k.Seal([]byte("secret"), "run1", "plan")
	for _, seed := range [][]byte{nil, sealed, sealed[:headerSize], sealed[:len(sealed)-1], []byte(word)} {
		f.Add(seed, "run1", "plan")
	}
	f.Fuzz(func(t *testing.T, b []byte, run, name string) {
		got, err := k.Open(b, run, name)
		if err == nil && (string(got) != "secret" || run != "run1" || name != "plan") {
			t.Errorf("opened as %q for run %q, name %q", got, run, name)
		}
	})
}
