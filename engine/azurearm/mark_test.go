package azurearm

import (
	"strings"
	"testing"
	"time"
)

func TestReadMark(t *testing.T) {
	at := time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC)
	whole := Mark{Run: "3f2a9c1e", Host: "0123456789abcdef", Expires: at}
	for _, tt := range []struct {
		name   string
		change map[string]string // "-" takes a tag away
		want   Mark
		marked bool
		wrong  string
	}{
		{name: "whole", want: whole, marked: true},
		{name: "another letter case", change: map[string]string{RunTag: "-", "Ingot-Run": "3f2a9c1e"}, want: whole, marked: true},
		{name: "another time zone", change: map[string]string{ExpiresTag: "2026-11-22T05:04:05+02:00"}, want: whole, marked: true},
		{name: "none", change: map[string]string{RunTag: "-", HostTag: "-", ExpiresTag: "-"}},
		{name: "no run", change: map[string]string{RunTag: "-"}, marked: true, wrong: "no id of a run"},
		{name: "no host", change: map[string]string{HostTag: "-"}, marked: true, wrong: "no id of a state folder"},
		{name: "no expiry", change: map[string]string{ExpiresTag: "-"}, marked: true, wrong: "no time"},
		{name: "expiry without a zone", change: map[string]string{ExpiresTag: "2026-11-22T03:04:05"}, marked: true, wrong: "no time"},
		{name: "a path for a run", change: map[string]string{RunTag: "../../etc"}, marked: true, wrong: "no id of a run"},
		{name: "empty host", change: map[string]string{HostTag: ""}, marked: true, wrong: "no id of a state folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tags := map[string]*string{"team": new("images")}
			for k, v := range whole.Tags() {
				tags[k] = &v
			}
			for k, v := range tt.change {
				if v == "-" {
					delete(tags, k)
					continue
				}
				tags[k] = &v
			}
			got, marked, err := ReadMark(tags)
			if got != tt.want && tt.wrong == "" || marked != tt.marked {
				t.Errorf("got %+v, %v", got, marked)
			}
			if (err != nil) != (tt.wrong != "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
				t.Errorf("error %v, want %q", err, tt.wrong)
			}
		})
	}
}
