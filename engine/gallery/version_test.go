package gallery

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func versionsOf(t *testing.T, list ...string) []Version {
	t.Helper()
	var all []Version
	for _, s := range list {
		v, err := ParseVersion(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	slices.SortFunc(all, Version.Compare)
	return all
}

func TestLatest(t *testing.T) {
	// The set and its answers are the example in Azure's documentation of the scheme.
	documented := []string{"0.1.1", "0.1.2", "1.0.0", "1.0.1", "1.1.0", "1.1.1", "1.2.0", "2.0.0", "2.0.1", "2.1.0"}
	major := func(n int64) *int64 { return &n }
	tests := []struct {
		name     string
		existing []string
		major    *int64
		want     string
	}{
		{"documented, unset", documented, nil, "2.1.1"},
		{"documented, -1", documented, major(-1), "2.1.1"},
		{"documented, 2", documented, major(2), "2.1.1"},
		{"documented, 1", documented, major(1), "1.2.1"},
		{"documented, 0", documented, major(0), "0.1.3"},
		{"empty gallery", nil, nil, "0.0.1"},
		{"major without versions", documented, major(3), "3.0.0"},
		{"major 0 without versions", []string{"1.0.0"}, major(0), "0.0.0"},
		{"by number, not by text", []string{"1.9.0", "1.10.0"}, nil, "1.10.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Latest(tt.major)(versionsOf(t, tt.existing...))
			if err != nil || got.String() != tt.want {
				t.Errorf("got %v, %v; want %s", got, err, tt.want)
			}
		})
	}
	t.Run("last patch", func(t *testing.T) {
		if v, err := Latest(nil)([]Version{{1, 0, math.MaxInt32}}); err == nil {
			t.Errorf("got %v after the last patch", v)
		}
	})
}

func TestClock(t *testing.T) {
	// A version of the service's that is dated independently: it fell out in a run of that hour.
	at := time.Date(2019, 5, 6, 13, 25, 23, 0, time.UTC)
	first, err := Clock(at)(nil)
	if err != nil || first.String() != "0.23760.13763" {
		t.Fatalf("got %v, %v; want 0.23760.13763", first, err)
	}
	if second, err := Clock(at)([]Version{first}); err != nil || second.String() != "0.23760.13764" {
		t.Errorf("in the same second: %v, %v; want 0.23760.13764", second, err)
	}
	carry := time.Unix(23760<<16|0xffff, 0)
	if v, err := Clock(carry)([]Version{{0, 23760, 0xffff}}); err != nil || v != (Version{0, 23761, 0}) {
		t.Errorf("at the carry: %v, %v; want 0.23761.0", v, err)
	}
}

func TestFromSource(t *testing.T) {
	for _, tt := range []struct{ exact, want, inError string }{
		{"20348.2113.231109", "20348.2113.231109", ""},
		{"", "", "no version"},
		{"10.0.17763.1", "", "has 4 parts"},
		{"0.20240104.1616x", "", "not a whole number"},
	} {
		v, err := FromSource(tt.exact)(nil)
		if tt.inError == "" && (err != nil || v.String() != tt.want) {
			t.Errorf("%q: %v, %v", tt.exact, v, err)
		}
		if tt.inError != "" && (err == nil || !strings.Contains(err.Error(), tt.inError) || !strings.Contains(err.Error(), "Latest")) {
			t.Errorf("%q: error = %v; want %q and a way out", tt.exact, err, tt.inError)
		}
	}
}

func TestParseVersionRefuses(t *testing.T) {
	for _, s := range []string{"", "1", "1.2", "1.2.3.4", "1.2.x", "-1.0.0", "+1.0.0", " 1.0.0", "01.0.0", "1.0.2147483648", "1..0", "latest"} {
		if v, err := ParseVersion(s); err == nil {
			t.Errorf("%q was read as %v", s, v)
		}
	}
}
