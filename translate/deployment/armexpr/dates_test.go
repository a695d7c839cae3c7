package armexpr_test

import "testing"

// TestDateForms has what .NET writes in the invariant culture for 2019-03-05 17:53:18.1234567, UTC.
func TestDateForms(t *testing.T) {
	values{
		"[utcNow()]":                       `"20190305T175318Z"`,
		"[utcNow('')]":                     `"20190305T175318Z"`,
		"[utcNow('D')]":                    `"Tuesday, 05 March 2019"`,
		"[utcNow('f')]":                    `"Tuesday, 05 March 2019 17:53"`,
		"[utcNow('F')]":                    `"Tuesday, 05 March 2019 17:53:18"`,
		"[utcNow('g')]":                    `"03/05/2019 17:53"`,
		"[utcNow('G')]":                    `"03/05/2019 17:53:18"`,
		"[utcNow('m')]":                    `"March 05"`,
		"[utcNow('o')]":                    `"2019-03-05T17:53:18.1234567Z"`,
		"[utcNow('r')]":                    `"Tue, 05 Mar 2019 17:53:18 GMT"`,
		"[utcNow('s')]":                    `"2019-03-05T17:53:18"`,
		"[utcNow('t')]":                    `"17:53"`,
		"[utcNow('U')]":                    `"Tuesday, 05 March 2019 17:53:18"`,
		"[utcNow('Y')]":                    `"2019 March"`,
		"[utcNow('y yy yyy yyyy yyyyy')]":  `"19 19 2019 2019 02019"`,
		"[utcNow('M MM MMM MMMM MMMMM')]":  `"3 03 Mar March March"`,
		"[utcNow('d dd ddd dddd ddddd')]":  `"5 05 Tue Tuesday Tuesday"`,
		"[utcNow('h hh hhh H HH HHH')]":    `"5 05 05 17 17 17"`,
		"[utcNow('m:mm:s:ss t tt ttt')]":   `"53:53:18:18 P PM PM"`,
		"[utcNow('f ff fff fffffff')]":     `"1 12 123 1234567"`,
		"[utcNow('F FF FFF FFFFFFF')]":     `"1 12 123 1234567"`,
		"[utcNow('g gg z zz zzz zzzz K')]": `"A.D. A.D. +0 +00 +00:00 +00:00 Z"`,
		"[utcNow('%d')]":                   `"5"`,
		"[utcNow('%dd')]":                  `"55"`,
		"[utcNow('%ä')]":                   `"ä"`,
		`[utcNow('d\d\\d''d\''d''"m"')]`:   `"5d\\5d'dm"`,
		"[utcNow('Y-x/:Q')]":               `"Y-x/:Q"`,
		"[utcNow('n')]":                    `error: "n" is not a form for times`,
		"[utcNow('''abc')]":                `error: "'abc" is not a form for times`,
		`[utcNow('abc\')]`:                 `error: "abc\\" is not a form for times`,
		"[utcNow('d%')]":                   `error: "d%" is not a form for times`,
		"[utcNow('%%d')]":                  `error: "%%d" is not a form for times`,
		"[utcNow('ffffffff')]":             `error: "ffffffff" is not a form for times`,
		"[utcNow(1)]":                      "error: utcNow takes a string here, not a number",
		"[dateTimeAdd('2020-01-01', 'PT0S', 'hh:mm tt.FFF|fff')]":     `"12:00 AM|000"`,
		"[dateTimeAdd('2020-01-01T12:00:00.50Z', 'PT0S', 'h:s.FFF')]": `"12:0.5"`,
	}.check(t)
}

func TestDateTimeAdd(t *testing.T) {
	values{
		"[dateTimeAdd('2020-01-31', 'P1M')]":                     `"2020-02-29T00:00:00Z"`,
		"[dateTimeAdd('2020-01-31', 'P13M')]":                    `"2021-02-28T00:00:00Z"`,
		"[dateTimeAdd('2020-03-31', '-P1M')]":                    `"2020-02-29T00:00:00Z"`,
		"[dateTimeAdd('2020-01-31', 'P1M1D')]":                   `"2020-03-01T00:00:00Z"`,
		"[dateTimeAdd('2020-01-01', '-P1Y1M')]":                  `"2018-12-01T00:00:00Z"`,
		"[dateTimeAdd('2020-01-01', 'P2W')]":                     `"2020-01-15T00:00:00Z"`,
		"[dateTimeAdd('2020-01-01', '+PT1.5H')]":                 `"2020-01-01T01:30:00Z"`,
		"[dateTimeAdd('2020-01-01', 'PT0,25S')]":                 `"2020-01-01T00:00:00.25Z"`,
		"[dateTimeAdd('2020-01-01', '-PT0.0000001S')]":           `"2019-12-31T23:59:59.9999999Z"`,
		"[dateTimeAdd('2020-01-01', 'PT36H')]":                   `"2020-01-02T12:00:00Z"`,
		"[dateTimeAdd('2020-01-01T10:00:00+02:00', 'PT0S')]":     `"2020-01-01T08:00:00Z"`,
		"[dateTimeAdd('9999-12-31T23:59:59Z', 'PT1S')]":          "error: adding PT1S to 9999-12-31T23:59:59Z leaves the years 1 to 9999",
		"[dateTimeAdd('2020-01-01', '-P2020Y')]":                 "error: adding -P2020Y to 2020-01-01 leaves the years 1 to 9999",
		"[dateTimeAdd('2020-01-01', 'PT99999999999999999999S')]": "error: adding PT99999999999999999999S to 2020-01-01 leaves the years 1 to 9999",
		"[dateTimeAdd('2020-01-01', 'P9999999Y')]":               `error: "P9999999Y" is not a duration`,
		"[dateTimeAdd('2020-01-01', 'P')]":                       `error: "P" is not a duration`,
		"[dateTimeAdd('2020-01-01', 'P1DT')]":                    `error: "P1DT" is not a duration`,
		"[dateTimeAdd('2020-01-01', 'P1M1Y')]":                   `error: "P1M1Y" is not a duration`,
		"[dateTimeAdd('2020-01-01', 'PT1.5H1M')]":                `error: "PT1.5H1M" is not a duration`,
		"[dateTimeAdd('2020-01-01', 'P1.5Y')]":                   `error: "P1.5Y" is not a duration`,
		"[dateTimeAdd('2020-01-01', '1D')]":                      `error: "1D" is not a duration`,
		"[dateTimeAdd('2020-01-01', 'p1d')]":                     `error: "p1d" is not a duration`,
		"[dateTimeAdd('2020-01-01', 1)]":                         "error: dateTimeAdd takes a string here, not a number",
		"[dateTimeAdd(utcNow(), 'P1D')]":                         `error: "20190305T175318Z" is not a time that dateTimeAdd reads`,
		"[dateTimeAdd(utcNow('u'), 'P1D', 'u')]":                 `"2019-03-06 17:53:18Z"`,
		"[dateTimeFromEpoch(-1)]":                                `"1969-12-31T23:59:59Z"`,
		"[dateTimeFromEpoch(253402300799)]":                      `"9999-12-31T23:59:59Z"`,
		"[dateTimeFromEpoch(253402300800)]":                      "error: the second 253402300800 is not in the years 1 to 9999",
		"[dateTimeFromEpoch(-9223372036854775808)]":              "error: the second -9223372036854775808 is not in the years 1 to 9999",
		"[dateTimeFromEpoch('0')]":                               "error: dateTimeFromEpoch takes a whole number here, not a string",
		"[dateTimeToEpoch('1969-12-31T23:59:59.5Z')]":            `-1`,
		"[dateTimeToEpoch('1970-01-01T01:00:00+01:00')]":         `0`,
	}.check(t)
}

// TestDatesRead wants each text to be read as 2020-04-07 14:53:14, or as its start where it says less.
func TestDatesRead(t *testing.T) {
	const second, minute, hour, day, month = "1586271194", "1586271180", "1586268000", "1586217600", "1585699200"
	for text, want := range map[string]string{
		"2020-04-07T14:53:14Z": second, "2020-04-07T14:53:14": second, "2020-04-07 14:53:14Z": second, " 2020-04-07 14:53:14 ": second,
		"2020-04-07T14:53:14.1234567Z": second, "2020-04-07T16:53:14+02:00": second, "2020-04-07T16:53:14+0200": second,
		"2020-04-07T16:53:14+02": second, "2020-04-07 09:53:14 -05:00": second, "2020-4-7T14:53:14": second,
		"4/7/2020 2:53:14 PM": second, "04/07/2020 14:53:14": second, "2020/04/07 14:53:14": second,
		"Tue, 07 Apr 2020 14:53:14 GMT": second, "Tuesday, 07 April 2020 14:53:14": second, "07 Apr 2020 14:53:14 GMT": second,
		"April 7, 2020 2:53:14 PM": second, "2020-04-07T14:53Z": minute, "Tuesday, 07 April 2020 14:53": minute, "04/07/2020 14:53": minute,
		"2020-04-07 2 PM": hour, "2020-04-07": day, "04/07/2020": day, "7 April 2020": day, "Tuesday, 07 April 2020": day,
		"2020-04": month, "April 2020": month, "2020 April": month,
	} {
		if got := evaluated(textEnv(), "[dateTimeToEpoch('"+text+"')]"); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "now", "20200407T145314Z", "2020-13-01", "2020-02-30", "2020-04-07T25:00:00", "Monday, 07 April 2020",
		"0000-01-01", "14:53", "1586271194", "2020-04-07T14:53:14Zulu"} {
		want := `error: "` + text + `" is not a time that dateTimeToEpoch reads`
		if got := evaluated(textEnv(), "[dateTimeToEpoch('"+text+"')]"); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
