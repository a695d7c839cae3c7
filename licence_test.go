package ingot_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// licences are those that a program under Apache-2.0 may link, each known by words that all its copies have. Spaces and line
// breaks are one space, letters are lower case.
var licences = []struct{ name, words string }{
	{"Apache-2.0", "apache license version 2.0, january 2004"},
	{"Apache-2.0", "licensed under the apache license, version 2.0"},
	{"MPL-2.0", "mozilla public license version 2.0 1. definitions"},
	{"MPL-2.0", "mozilla public license, version 2.0 1. definitions"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"BSD", "redistribution and use in source and binary forms, with or without modification, are permitted provided that"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted"},
	{"ISC", "permission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby granted"},
	{"Unlicense", "this is free and unencumbered software released into the public domain"},
	{"public domain", "the author disclaims copyright to this source code"},
}

// forbidden are words of licences that must not be linked, wherever they stand in a licence file.
var forbidden = []struct{ name, words string }{
	{"BUSL", "business source license"},
	{"SSPL", "server side public license"},
	{"AGPL", "gnu affero general public license version 3"},
	{"GPL", "gnu general public license version"},
	{"LGPL", "gnu lesser general public license version"},
	{"Commons Clause", "commons clause"},
	{"Elastic", "elastic license"},
}

var licenceFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|copyright)([._-].*)?$`)

// unmark takes the marks of Markdown out of a text.
var unmark = strings.NewReplacer("*", " ", "#", " ", "=", " ", "_", " ")

// licencesOf names the licences in a text: all that are known, and all that are forbidden.
func licencesOf(text string) (known, bad []string) {
	text = strings.Join(strings.Fields(strings.ToLower(unmark.Replace(text))), " ")
	for _, l := range licences {
		if strings.Contains(text, l.words) && !slices.Contains(known, l.name) {
			known = append(known, l.name)
		}
	}
	for _, l := range forbidden {
		// The MPL names the GNU licences as "secondary" ones, by their full name and version.
		if strings.Contains(text, l.words) && !(slices.Contains(known, "MPL-2.0") && strings.HasSuffix(l.name, "GPL")) {
			bad = append(bad, l.name)
		}
	}
	return known, bad
}

// TestLicences looks at every module that is linked into the programs: a licence file of the module, and any beside a linked
// package. Packer is the reason: it is MPL up to 1.9 and BUSL from 1.10, and "go get -u" would not tell.
func TestLicences(t *testing.T) {
	type linked struct{ licences, files []string }
	modules := map[string]*linked{}
	for _, p := range list(t, "./cmd/ingot", "./cmd/packer-plugin-ingot") {
		if p.Standard || p.Module == nil || p.Module.Main {
			continue
		}
		mod, dir := p.Module.Path+"@"+p.Module.Version, p.Module.Dir
		if r := p.Module.Replace; r != nil {
			mod, dir = r.Path+"@"+r.Version+" (for "+p.Module.Path+")", r.Dir
		}
		if dir == "" {
			t.Fatalf("%s is not in the module cache", mod)
		}
		m := modules[mod]
		if m == nil {
			m = &linked{}
			modules[mod] = m
		}
		for d := p.Dir; strings.HasPrefix(d, dir); d = filepath.Dir(d) {
			entries, err := os.ReadDir(d)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				path := filepath.Join(d, e.Name())
				if e.IsDir() || filepath.Ext(path) == ".go" || !licenceFile.MatchString(e.Name()) || slices.Contains(m.files, path) {
					continue
				}
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				m.files = append(m.files, path)
				known, bad := licencesOf(string(text))
				for _, b := range bad {
					t.Errorf("%s is linked and has a licence that Ingot cannot take: %s in %s", mod, b, path)
				}
				m.licences = append(m.licences, known...)
			}
		}
	}
	for mod, m := range modules {
		if len(m.licences) == 0 {
			t.Errorf("%s is linked and its licence is not known; looked at %q", mod, m.files)
		}
	}
	if len(modules) < 10 {
		t.Errorf("looked at %d modules only", len(modules))
	}
}

func TestLicencesAreTold(t *testing.T) {
	own, err := os.ReadFile("LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, text, known, bad string }{
		{"our own", string(own), "Apache-2.0", ""},
		{"Packer from 1.10 on", "License text copyright (c) 2020 MariaDB\nBusiness Source\nLicense 1.1\nParameters", "", "BUSL"},
		{"MPL", "# Mozilla Public License Version 2.0\n\n## 1. Definitions\n\"Secondary License\" means either the " +
			"GNU General Public License, Version 2.0, the GNU Lesser General Public License, Version 2.1", "MPL-2.0", ""},
		{"GPL", "GNU GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007", "", "GPL"},
		{"MIT with a clause", "Commons Clause\nPermission is hereby granted, free of charge, to any person obtaining a copy", "MIT", "Commons Clause"},
		{"as Markdown", "Apache License\n===\n\n_Version 2.0, January 2004_  \n", "Apache-2.0", ""},
		{"a name alone", "MIT License", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			known, bad := licencesOf(tt.text)
			if strings.Join(known, " ") != tt.known || strings.Join(bad, " ") != tt.bad {
				t.Errorf("got %q, forbidden %q; want %q, forbidden %q", known, bad, tt.known, tt.bad)
			}
		})
	}
}
