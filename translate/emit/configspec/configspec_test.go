package configspec

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func version(t *testing.T, s string) Version {
	t.Helper()
	v, err := ParseVersion(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAt(t *testing.T) {
	for _, tt := range []struct{ wanted, want string }{
		{"1.4.5", "1.4.5"},
		{"1.9", "1.4.5"}, // never was, but is not older than 1.4.5
		{"2.5", "2.5.0"},
		{"2.5.2", "2.5.0"},
		{"2.6.3", "2.6.3"},
		{"2.6.10", "2.6.3"}, // 10 is more than 3
		{"3.0.0", "2.6.3"},
	} {
		t.Run(tt.wanted, func(t *testing.T) {
			table, err := At(version(t, tt.wanted))
			if err != nil {
				t.Fatal(err)
			}
			if got := table.Version.String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	_, err := At(version(t, "1.4.4"))
	want := "the fields of azure plugin 1.4.4 are not known; the oldest known are those of 1.4.5"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Facts of which the changelogs of the releases speak too.
func TestTables(t *testing.T) {
	attribute := func(v string, path ...string) string {
		table, err := At(version(t, v))
		if err != nil {
			t.Fatal(err)
		}
		return table.Attribute(path...)
	}
	for _, tt := range []struct {
		version string
		path    []string
		want    string
	}{
		{"1.4.5", []string{"shared_image_gallery", "id"}, ""},
		{"2.5.0", []string{"shared_image_gallery", "id"}, "string"},
		{"1.4.5", []string{"shared_image_gallery_destination", "target_region", "replicas"}, ""},
		{"2.5.0", []string{"shared_image_gallery_destination", "target_region", "replicas"}, "number"},
		{"1.4.5", []string{"skip_create_image"}, "bool"},
		{"2.5.0", []string{"user_assigned_managed_identities"}, "list(string)"},
		{"2.5.0", []string{"azure_tags"}, "map(string)"},
		{"2.5.0", []string{"disk_additional_size"}, "list(number)"},
		{"2.5.0", []string{"sas_token_duration"}, ""},
		{"2.6.3", []string{"sas_token_duration"}, "string"},
		{"2.6.3", []string{"no_such_field"}, ""},
		{"2.6.3", []string{"no_such_block", "x"}, ""},
	} {
		if got := attribute(tt.version, tt.path...); got != tt.want {
			t.Errorf("%s of %s: got %q, want %q", tt.path, tt.version, got, tt.want)
		}
	}
	if v, ok := Since("shared_image_gallery_destination", "target_region"); !ok || v.Compare(version(t, "2.5.0")) > 0 {
		t.Errorf("target_region is known since %s, %v", v, ok)
	}
	if v, ok := Since("no_such_field"); ok {
		t.Errorf("no_such_field is known since %s", v)
	}
}

func TestParseWanted(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want Wanted
		err  string
	}{
		{in: "", want: Wanted{"~> 2.5", Version{2, 5, 0}}},
		{in: "2.6.3", want: Wanted{"2.6.3", Version{2, 6, 3}}},
		{in: "v2.6", want: Wanted{"2.6.0", Version{2, 6, 0}}},
		{in: "= 2.6.3", want: Wanted{"2.6.3", Version{2, 6, 3}}},
		{in: "~>2.5.1", want: Wanted{"~> 2.5.1", Version{2, 5, 1}}},
		{in: " >= v2.6 ", want: Wanted{">= 2.6", Version{2, 6, 0}}},
		{in: "< 3", err: `"< 3" is neither a version of the azure plugin, such as 2.6.3, nor a constraint such as ~> 2.5`},
		{in: "2.6.3.1", err: `"2.6.3.1" is neither a version of the azure plugin, such as 2.6.3, nor a constraint such as ~> 2.5`},
		{in: ">= 2.5, < 3", err: `">= 2.5, < 3" is neither a version of the azure plugin, such as 2.6.3, nor a constraint such as ~> 2.5`},
		{in: "-1", err: `"-1" is neither a version of the azure plugin, such as 2.6.3, nor a constraint such as ~> 2.5`},
	} {
		t.Run(tt.in, func(t *testing.T) {
			got, err := ParseWanted(tt.in)
			if err != nil && err.Error() != tt.err || err == nil && tt.err != "" {
				t.Fatalf("got error %v, want %q", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAllows(t *testing.T) {
	for _, tt := range []struct {
		wanted, version string
		want            bool
	}{
		{"", "2.5.0", true},
		{"", "2.6.3", true},
		{"", "2.4.0", false},
		{"", "3.0.0", false},
		{"~> 2.5.1", "2.5.2", true},
		{"~> 2.5.1", "2.6.0", false},
		{">= 2.5", "3.0.0", true},
		{">= 2.5", "2.4.9", false},
		{"2.6.3", "2.6.3", true},
		{"2.6.3", "2.6.4", false},
	} {
		w, err := ParseWanted(tt.wanted)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Allows(version(t, tt.version)); got != tt.want {
			t.Errorf("%q allows %s: got %v, want %v", w.Constraint, tt.version, got, tt.want)
		}
	}
}

func FuzzParseWanted(f *testing.F) {
	for _, s := range []string{"", "2.6.3", "~> 2.5", ">= 1", "=v1.2", "..", "~>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := ParseWanted(s)
		if err != nil {
			return
		}
		if again, err := ParseWanted(w.Constraint); err != nil || again != w {
			t.Errorf("%q gives %+v, and its constraint %+v, %v", s, w, again, err)
		}
	})
}
