package provtest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// UI is a packersdk.Ui that keeps what it is told. It is safe for concurrent use.
type UI struct {
	mu     sync.Mutex
	said   []string
	errors []string
}

// Said returns what came through Say and Message, in order.
func (u *UI) Said() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.said)
}

// Errors returns what came through Error, in order.
func (u *UI) Errors() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.errors)
}

// Say implements packersdk.Ui.
func (u *UI) Say(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.said = append(u.said, text)
}

// Error implements packersdk.Ui.
func (u *UI) Error(text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.errors = append(u.errors, text)
}

// Message implements packersdk.Ui.
func (u *UI) Message(text string) { u.Say(text) }

// Sayf implements packersdk.Ui.
func (u *UI) Sayf(format string, args ...any) { u.Say(fmt.Sprintf(format, args...)) }

// Errorf implements packersdk.Ui.
func (u *UI) Errorf(format string, args ...any) { u.Error(fmt.Sprintf(format, args...)) }

// Machine implements packersdk.Ui.
func (*UI) Machine(string, ...string) {}

// Ask implements packersdk.Ui.
func (*UI) Ask(query string) (string, error) { return "", errors.New("nobody answers: " + query) }

// Askf implements packersdk.Ui.
func (u *UI) Askf(format string, args ...any) (string, error) {
	return u.Ask(fmt.Sprintf(format, args...))
}

// TrackProgress implements packersdk.Ui.
func (*UI) TrackProgress(_ string, _, _ int64, stream io.ReadCloser) io.ReadCloser { return stream }
