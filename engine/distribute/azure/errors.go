package azure

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/ingot-build/ingot/engine/azurearm"
	"github.com/ingot-build/ingot/engine/events"
)

// GoneError says that there is nothing left to distribute.
type GoneError struct{ Snapshot string }

func (e *GoneError) Error() string {
	return fmt.Sprintf("the snapshot %q is gone, which the image was to be made of", e.Snapshot)
}

// Why is what keeps it.
func (e *GoneError) Why() string {
	return "a run's snapshots stay only until its distribution has succeeded, or until it is cleaned up"
}

// Fix is what to do about it.
func (e *GoneError) Fix() string { return "build the image again: ingot build --on azure" }

// EarlierError is a failure that an earlier distribution of the run ended with.
type EarlierError struct{ Text string }

func (e *EarlierError) Error() string { return e.Text }

// Fix is what to do about it.
func (e *EarlierError) Fix() string { return "try it again: ingot distribute RUN --retry-failed" }

// MisfitError says that an image cannot go where it was to go.
type MisfitError struct{ What, Reason, Cure string }

func (e *MisfitError) Error() string { return e.What }

// Why is the rule.
func (e *MisfitError) Why() string { return e.Reason }

// Fix is what to do about it.
func (e *MisfitError) Fix() string { return e.Cure }

// Refused is a call of Azure that failed: what it was for, and what the answer comes down to.
type Refused struct {
	What    string
	Failure *azurearm.Failure
}

func (e *Refused) Error() string {
	text := e.What + ": " + e.Failure.What
	if e.Failure.Code != "" {
		text += ": " + e.Failure.Code
	}
	if e.Failure.Message != "" {
		text += ": " + e.Failure.Message
	}
	return text
}

// Unwrap gives the explanation, and through it the SDK's error.
func (e *Refused) Unwrap() error { return e.Failure }

// wrong adds to an error of a call what it was for; nil stays nil.
func wrong(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		if f := azurearm.Explain(err); f != nil {
			return &Refused{What: what, Failure: f}
		}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// status is that of the answer which an error is about; 0 if it is about none.
func status(err error) int {
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return answer.StatusCode
	}
	return 0
}

func absent(err error) bool { return status(err) == http.StatusNotFound }

func conflict(err error) bool {
	s := status(err)
	return s == http.StatusConflict || s == http.StatusPreconditionFailed
}

// hiddenError is an error in whose text something was secret.
type hiddenError struct {
	text string
	err  error
}

func (e *hiddenError) Error() string { return e.text }
func (e *hiddenError) Unwrap() error { return e.err }

// shown is err as it may be told: an error of the network holds the whole address that was called, with its signature.
func (j *job) shown(err error) error {
	if err == nil {
		return nil
	}
	if text := j.mask.Text(err.Error()); text != err.Error() {
		return &hiddenError{text, errors.New(text)} // who looks inside must not find it either
	}
	return err
}

// signatureOf are the secrets in an address: the signature as it is, and as it is written there.
func signatureOf(address string) []events.Secret {
	u, err := url.Parse(address)
	if err != nil || u.RawQuery == "" {
		return nil
	}
	secrets := []events.Secret{events.Secret(u.RawQuery)}
	for _, sig := range u.Query()["sig"] {
		secrets = append(secrets, events.Secret(sig), events.Secret(url.QueryEscape(sig)))
	}
	return secrets
}
