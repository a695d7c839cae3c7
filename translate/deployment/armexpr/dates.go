package armexpr

import (
	"time"

	"github.com/ingot-build/ingot/translate/armjson"
)

func dateFunctions() []Function {
	return []Function{
		{Name: "dateTimeAdd", Group: Dates, Summary: "a time so much later or, with a minus, earlier: PT1H, -P3M",
			Min: 2, Max: 3, Result: armjson.String, Eval: dateTimeAdd},
		{Name: "dateTimeFromEpoch", Group: Dates, Summary: "the time so many seconds after the start of 1970, UTC",
			Min: 1, Max: 1, Result: armjson.String, Eval: dateTimeFromEpoch},
		{Name: "dateTimeToEpoch", Group: Dates,
			Summary: "seconds since the start of 1970; a time without a zone is UTC", Min: 1, Max: 1,
			Result: armjson.Number, Eval: dateTimeToEpoch},
		{Name: "utcNow", Group: Dates, Summary: "the time of the deployment, UTC", Max: 1,
			In: []Position{InParameterDefault}, Result: armjson.String, Eval: utcNow},
	}
}

// The forms that times are written in when none is asked for.
const (
	compactForm = "yyyyMMddTHHmmssZ"
	isoForm     = "yyyy-MM-ddTHH:mm:ss.FFFFFFFZ"
)

func utcNow(a *Args) (*armjson.Node, error) {
	if a.Env.Context.Now.IsZero() {
		return a.Missing("utcNow() is the time of the deployment", "give the parameter a value"), nil
	}
	return a.date(a.Env.Context.Now.UTC(), 0, compactForm)
}

func dateTimeAdd(a *Args) (*armjson.Node, error) {
	base, err := a.time(0)
	if err != nil {
		return nil, err
	}
	text, err := a.Text(1)
	if err != nil {
		return nil, err
	}
	d, ok := parseDuration(text)
	if !ok {
		e := a.Fail(1, "%q is not a duration", shortText(text))
		e.Why = "a duration is written as in ISO 8601: P1Y2M3DT4H5M6S, PT30M, or -P9D to go back"
		return nil, e
	}
	t, ok := d.addTo(base)
	if !ok {
		return nil, a.Fail(1, "adding %s to %s leaves the years 1 to 9999", shortText(text), a.Values[0].Text)
	}
	return a.date(t, 2, isoForm)
}

func dateTimeFromEpoch(a *Args) (*armjson.Node, error) {
	seconds, err := a.Int(0)
	if err != nil {
		return nil, err
	}
	if seconds < firstSecond.Unix() || seconds >= endOfTime.Unix() {
		return nil, a.Fail(0, "the second %d is not in the years 1 to 9999", seconds)
	}
	return a.date(time.Unix(seconds, 0).UTC(), 1, isoForm)
}

func dateTimeToEpoch(a *Args) (*armjson.Node, error) {
	t, err := a.time(0)
	if err != nil {
		return nil, err
	}
	return armjson.NewInt(t.Unix()), nil
}

// The times that the service knows: .NET's.
var (
	firstSecond = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	endOfTime   = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
)

// time reads argument i as a time, in UTC.
func (a *Args) time(i int) (time.Time, error) {
	text, err := a.Text(i)
	if err != nil {
		return time.Time{}, err
	}
	if err := a.work(bytesPerStep * int64(len(dateLayouts)) / layoutsPerStep); err != nil {
		return time.Time{}, err
	}
	t, ok := parseDate(text)
	if !ok {
		e := a.Fail(i, "%q is not a time that %s reads", shortText(text), a.f.Name)
		e.Why = "a time is written as 2020-04-07T14:53:14Z; what utcNow() gives without a form cannot be read, what utcNow('u') gives can"
		return time.Time{}, e
	}
	return t, nil
}

// date writes t in the form that argument i asks for; in the standard one when there is no such argument.
func (a *Args) date(t time.Time, i int, standard string) (*armjson.Node, error) {
	form := standard
	if i < a.Len() {
		given, err := a.Text(i)
		if err != nil {
			return nil, err
		}
		if given != "" {
			form = given
		}
	}
	if err := a.work(parsingCost * int64(len(form))); err != nil {
		return nil, err
	}
	if err := a.Fits(int64(len(form))*longestField, 0); err != nil {
		return nil, err
	}
	s, err := formatDate(t, form)
	if err != nil {
		e := a.Fail(i, "%q is not a form for times", shortText(form))
		e.Why = err.Error()
		return nil, e
	}
	return armjson.NewString(s), nil
}
