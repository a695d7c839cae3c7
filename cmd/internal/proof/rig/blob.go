package rig

import (
	"context"
	"fmt"
	"net/http"
)

// HasBlob tells whether the VHD is there.
func (r *Rig) HasBlob(ctx context.Context) (bool, error) {
	client := r.Sim.Client()
	defer client.CloseIdleConnections()
	token, err := r.token(ctx, client)
	if err != nil {
		return false, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, r.Blob(), nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("X-Ms-Version", "2021-12-02")
	resp, err := client.Do(req)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return true, nil
	case http.StatusNotFound:
		return false, nil
	}
	return false, fmt.Errorf("look for %s: %s", r.Blob(), resp.Status)
}
