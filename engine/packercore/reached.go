package packercore

import (
	"context"
	"fmt"
	"strconv"
)

// Way is how a guest is reached, as its builder tells provisioners. It has secrets in it.
type Way struct {
	Communicator string `json:"communicator"` // ssh or winrm
	Host         string `json:"host"`
	Port         int    `json:"port"`
	User         string `json:"user"`
	Password     string `json:"password,omitempty"`
	PrivateKey   string `json:"privateKey,omitempty"` // PEM, of SSH
}

// wayOf reads the values of build.*. A port is an int in process, and any kind of number from a plugin of its own.
func wayOf(values map[string]any) Way {
	text := func(name string) string {
		s, _ := values[name].(string)
		return s
	}
	w := Way{
		Communicator: text("ConnType"), Host: text("Host"), User: text("User"), Password: text("Password"), PrivateKey: text("SSHPrivateKey"),
	}
	if w.Password == "" {
		w.Password = text("WinRMPassword")
	}
	if port := values["Port"]; port != nil {
		w.Port, _ = strconv.Atoi(fmt.Sprint(port))
	}
	return w
}

// reached tells who wants to know how the guest is reached, before anything is done to it.
func (h *provisionHook) reached(ctx context.Context, values map[string]any) error {
	if h.opts.Reached == nil {
		return nil
	}
	if err := h.opts.Reached(ctx, wayOf(values)); err != nil {
		return fmt.Errorf("note how the build VM is reached: %w", err)
	}
	return nil
}
