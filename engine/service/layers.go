package service

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ingot-build/ingot/engine/layers"
	"github.com/ingot-build/ingot/engine/seal"
	"github.com/ingot-build/ingot/engine/store"
)

// openLayers gives the store of layers. Its keys are under the key of the state folder, so with another one no layer is found.
func openLayers(cfg Config) (*layers.Store, error) {
	key, err := seal.Open(cfg.Dirs.State)
	if err != nil {
		return nil, err
	}
	return layers.Open(layersDir(cfg.Dirs), key, cfg.Now)
}

func layersDir(dirs store.Dirs) string { return filepath.Join(dirs.Cache, "layers") }

// Layers is the store of layers. It is opened when it is first asked for.
func (s *Service) Layers() (*layers.Store, error) { return s.layers() }

// LayerList is what there is of layers.
type LayerList struct {
	Layers  []layers.Layer   // each after what it lies over
	Strange []layers.Strange // what else lies in their folder
	Usage   layers.Usage
	Dir     string
}

// ListLayers lists the layers of this machine.
func (s *Service) ListLayers(ctx context.Context) (LayerList, error) {
	st, err := s.layers()
	if err != nil {
		return LayerList{}, err
	}
	l := LayerList{Dir: st.Dir()}
	if l.Layers, l.Strange, err = st.List(ctx); err != nil {
		return l, err
	}
	l.Usage, err = st.Usage(ctx)
	return l, err
}

// UnknownLayerError says that what was typed is no layer, or stands for several.
type UnknownLayerError struct {
	Given string
	Could []string // IDs that begin so; none: there is no such layer
}

// Error lists what was meant, perhaps.
func (e *UnknownLayerError) Error() string {
	if len(e.Could) > 0 {
		return fmt.Sprintf("layer %q could be %s", e.Given, strings.Join(e.Could, ", "))
	}
	return fmt.Sprintf("there is no layer %q", e.Given)
}

// Fix says how to go on.
func (e *UnknownLayerError) Fix() string {
	if len(e.Could) > 0 {
		return "give more digits of it"
	}
	return "list them: ingot layers ls"
}

// FindLayer finds a layer in a list by its ID, or the first digits of it. The error is an *UnknownLayerError.
func (l LayerList) FindLayer(ref string) (layers.Layer, error) {
	var found []layers.Layer
	for _, layer := range l.Layers {
		if ref != "" && strings.HasPrefix(layer.ID, ref) {
			found = append(found, layer)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	err := &UnknownLayerError{Given: ref}
	for _, layer := range found {
		err.Could = append(err.Could, layer.ID)
	}
	return layers.Layer{}, err
}

// LayerChoice says which layers are to be removed. One of the first three is set.
type LayerChoice struct {
	IDs          []string // or their first digits
	Template     string   // those that were made for an image template of that name
	All          bool     // all that are not in use
	WithChildren bool     // those that lie over them too
}

// RemoveLayers removes layers, and says which ones. With All, what is in use stays, and is said too; else nothing is removed if something
// cannot be.
func (s *Service) RemoveLayers(ctx context.Context, c LayerChoice) (gone, stays []layers.Layer, err error) {
	st, err := s.layers()
	if err != nil {
		return nil, nil, err
	}
	list, err := s.ListLayers(ctx)
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	switch {
	case c.All:
		ids, stays = free(list.Layers)
	case c.Template != "":
		if ids, err = list.ofTemplate(c.Template); err != nil {
			return nil, nil, err
		}
	default:
		for _, ref := range c.IDs {
			l, err := list.FindLayer(ref)
			if err != nil {
				return nil, nil, err
			}
			ids = append(ids, l.ID)
		}
	}
	gone, err = st.Remove(ctx, c.WithChildren, ids...)
	return gone, stays, err
}

// free parts the layers that nothing keeps from those that are in use, or are under one that is.
func free(all []layers.Layer) (ids []string, stays []layers.Layer) {
	kept := map[string]bool{}
	for _, l := range slices.Backward(all) { // what lies over others comes first
		if l.InUse || kept[l.ID] {
			kept[l.ID], kept[l.Parent] = true, true
		}
	}
	for _, l := range all {
		if kept[l.ID] {
			stays = append(stays, l)
		} else {
			ids = append(ids, l.ID)
		}
	}
	return ids, stays
}

// NoTemplateLayersError says that there is no layer of an image template.
type NoTemplateLayersError struct {
	Given string
	Known []string
}

// Error lists the image templates that there are layers of.
func (e *NoTemplateLayersError) Error() string {
	if len(e.Known) == 0 {
		return fmt.Sprintf("there is no layer of image template %q, nor of any other", e.Given)
	}
	return fmt.Sprintf("there is no layer of image template %q; there are some of: %s", e.Given, strings.Join(e.Known, ", "))
}

func (l LayerList) ofTemplate(name string) (ids []string, err error) {
	var known []string
	for _, layer := range l.Layers {
		if layer.Template == name {
			ids = append(ids, layer.ID)
		} else if layer.Template != "" && !slices.Contains(known, layer.Template) {
			known = append(known, layer.Template)
		}
	}
	if len(ids) == 0 {
		slices.Sort(known)
		return nil, &NoTemplateLayersError{Given: name, Known: known}
	}
	return ids, nil
}

// PruneLayers makes room: see layers.Store.Prune.
func (s *Service) PruneLayers(ctx context.Context, keep int64, dry bool) (layers.Pruned, error) {
	st, err := s.layers()
	if err != nil {
		return layers.Pruned{}, err
	}
	return st.Prune(ctx, keep, dry)
}

// closeLayers ends what was opened; what was never asked for stays closed.
func (s *Service) closeLayers() error {
	if !s.layersAsked.Load() {
		return nil
	}
	st, err := s.layers()
	if err != nil {
		return nil // it was told to who asked
	}
	return st.Close()
}
