package fhirsearch

import (
	"strings"
	"time"
)

// period is the time from an instant to another, which is not part of it any more.
type period struct{ begin, end time.Time }

var (
	dawn = time.Date(-9999, 1, 1, 0, 0, 0, 0, time.UTC) // where a Period has no start
	dusk = time.Date(19999, 1, 1, 0, 0, 0, 0, time.UTC)
)

// dateLayouts are the forms of a date by their length, up to the minute.
var dateLayouts = map[int]string{4: "2006", 7: "2006-01", 10: "2006-01-02", 16: "2006-01-02T15:04"}

// readDate reads a date, a dateTime or an instant, which are as long as they are precise.
// Without a time zone they are UTC.
func readDate(text string) (period, bool) {
	zone := strings.LastIndexAny(text, "Z+-")
	if !strings.Contains(text, "T") || zone < strings.IndexByte(text, 'T') {
		zone = len(text)
	}
	local, offset := text[:zone], text[zone:]
	layout, known := dateLayouts[len(local)]
	seconds := len(local) == 19 || len(local) > 20 && len(local) <= 29 && local[19] == '.'
	if seconds {
		layout, known = "2006-01-02T15:04:05", true // and a fraction, which Parse takes
	}
	if !known {
		return period{}, false
	}
	if offset != "" {
		layout += "Z07:00"
	}
	begin, err := time.Parse(layout, local+offset)
	if err != nil {
		return period{}, false
	}
	return period{begin, after(begin, len(local))}, true
}

// after is where a date ends that has as many characters.
func after(begin time.Time, length int) time.Time {
	switch length {
	case 4:
		return begin.AddDate(1, 0, 0)
	case 7:
		return begin.AddDate(0, 1, 0)
	case 10:
		return begin.AddDate(0, 0, 1)
	case 16:
		return begin.Add(time.Minute)
	case 19:
		return begin.Add(time.Second)
	}
	unit := time.Second
	for range min(length-20, 9) {
		unit /= 10
	}
	return begin.Add(unit)
}

// date compares times.
type date struct {
	prefix prefix
	asked  period
}

func (d Dialect) date(parameter, value string) (comparison, error) {
	p, text, err := d.prefixed(parameter, value)
	if err != nil {
		return nil, err
	}
	asked, ok := readDate(text)
	switch {
	case !ok && hasPlus(text):
		return nil, malformed(parameter, "%q: must be a date; write the plus of a time zone as %%2B", value)
	case !ok:
		return nil, malformed(parameter, "%q: must be a date such as 2026, 2026-01, 2026-01-31, 2026-01-31T09:30 or 2026-01-31T09:30:00Z, behind a prefix or none", value)
	}
	if p == ap { // the tenth part of the time between now and then
		margin := time.Since(asked.begin).Abs() / 10
		asked = period{asked.begin.Add(-margin), asked.end.Add(margin)}
	}
	return date{p, asked}, nil
}

func (d date) matches(value any, typ string) bool {
	has, ok := periodOf(value, typ)
	return ok && d.prefix.holds(relation{
		contained:    !has.begin.Before(d.asked.begin) && !has.end.After(d.asked.end),
		overlaps:     has.begin.Before(d.asked.end) && has.end.After(d.asked.begin),
		endsAfter:    has.end.After(d.asked.end),
		beginsBefore: has.begin.Before(d.asked.begin),
		beginsAfter:  !has.begin.Before(d.asked.end),
		endsBefore:   !has.end.After(d.asked.begin),
	})
}

// periodOf is the time that a value of a data type covers. Of a Timing it is the outer
// limits of its events and of its bounds.
func periodOf(value any, typ string) (period, bool) {
	switch typ {
	case "Period":
		object, _ := value.(map[string]any)
		return periodFrom(object)
	case "Timing":
		object, _ := value.(map[string]any)
		return timing(object)
	default:
		text, _ := value.(string)
		return readDate(text)
	}
}

func periodFrom(object map[string]any) (period, bool) {
	begin, end := period{begin: dawn}, period{end: dusk}
	start, started := object["start"].(string)
	finish, finished := object["end"].(string)
	ok := started || finished
	if started {
		begin, started = readDate(start)
		ok = ok && started
	}
	if finished {
		end, finished = readDate(finish)
		ok = ok && finished
	}
	return period{begin.begin, end.end}, ok
}

func timing(object map[string]any) (whole period, ok bool) {
	include := func(p period, known bool) {
		switch {
		case !known:
		case !ok:
			whole, ok = p, true
		default:
			if p.begin.Before(whole.begin) {
				whole.begin = p.begin
			}
			if p.end.After(whole.end) {
				whole.end = p.end
			}
		}
	}
	events, _ := object["event"].([]any)
	for _, event := range events {
		text, _ := event.(string)
		include(readDate(text))
	}
	repeat, _ := object["repeat"].(map[string]any)
	bounds, _ := repeat["boundsPeriod"].(map[string]any)
	include(periodFrom(bounds))
	return whole, ok
}
