package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// RunProgram waits for a short-lived program of this host and returns its standard output. A failure carries what the program said.
func RunProgram(ctx context.Context, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C on the terminal is for us to act on
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}

// FindProgram looks for a program on PATH. The error names the package of Debian that has it.
func FindProgram(name, debian string) (path string, err error) {
	if path, err = exec.LookPath(name); err != nil {
		return "", fmt.Errorf("program %q is not on PATH: on Debian, apt install %s", name, debian)
	}
	return path, nil
}

// IsFile tells whether a regular file is at path.
func IsFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// LinkOrCopy gives a file a second name, or on another file system a copy, which is the slower the larger the file is.
func LinkOrCopy(from, to string) (copied bool, err error) {
	err = os.Link(from, to)
	switch {
	case err == nil:
		return false, os.Chmod(to, 0o600)
	case errors.Is(err, syscall.EXDEV), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EMLINK), errors.Is(err, syscall.ENOTSUP):
		return true, CopySparse(from, to)
	default:
		return false, err
	}
}

// CopySparse copies a file, but for its holes. Nothing is left at to after an error.
func CopySparse(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, out.Close()); err != nil {
			os.Remove(to)
		}
	}()
	const seekData, seekHole = 3, 4 // of lseek(2)
	for at := int64(0); ; {
		data, err := in.Seek(at, seekData)
		if errors.Is(err, syscall.ENXIO) { // none after at
			return out.Truncate(info.Size())
		} else if err != nil {
			return err
		}
		if at, err = in.Seek(data, seekHole); err != nil {
			return err
		}
		if _, err := out.Seek(data, io.SeekStart); err != nil {
			return err
		}
		if _, err := in.Seek(data, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.CopyN(out, in, at-data); err != nil { // by copy_file_range, where the file systems can
			return err
		}
	}
}

// CopyFile copies a small file, for nobody else to read. It is no error that there is none.
func CopyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("copy %s: %w", filepath.Base(from), err)
	}
	return nil
}
