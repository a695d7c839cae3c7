//go:build ignore

// Generate writes zz_generated_types.go from the files of snapshot. For a new api-version, give it the folder with the
// published schemas (from https://github.com/Azure/azure-resource-manager-schemas) first:
//
//	go run generate.go -published DIR
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ingot-build/ingot/translate/schema/gen"
)

func main() {
	published := flag.String("published", "", "a folder with published schemas, to make the snapshot from")
	flag.Parse()
	err := error(nil)
	if *published != "" {
		err = snapshot(*published)
	}
	if err == nil {
		err = tables()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func snapshot(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no *.json in %s", dir)
	}
	if err != nil {
		return err
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		shape, err := gen.FromPublished(data)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := os.WriteFile(filepath.Join("snapshot", shape.APIVersion+".txt"), []byte(gen.Format(shape)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func tables() error {
	files, err := filepath.Glob("snapshot/*.txt") // sorted, so the oldest is first
	if err != nil {
		return err
	}
	var shapes []gen.Shape
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		shape, err := gen.Parse(string(data))
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		shapes = append(shapes, shape)
	}
	source, err := gen.Source(shapes)
	if err != nil {
		return err
	}
	return os.WriteFile("zz_generated_types.go", source, 0o644)
}
