package store

import "testing"

// TestLatestBuilds: a look into the machine of a run is a run, and not the latest one.
func TestLatestBuilds(t *testing.T) {
	s := openTest(t, testDirs(t))
	built := startTest(t, s, "web").Run().ID
	visit, err := s.Start(t.Context(), Run{Name: "web", Visits: built})
	if err != nil {
		t.Fatal(err)
	}
	defer visit.Close()
	if got, err := s.Find(t.Context(), "latest"); err != nil || got.ID != built {
		t.Errorf("the latest is %s, %v; want %s", got.ID, err, built)
	}
	if got, err := s.Find(t.Context(), visit.Run().ID); err != nil || got.Visits != built {
		t.Errorf("it visits %q, %v; want %q", got.Visits, err, built)
	}
}
