package packercore

import (
	"fmt"
	"slices"
	"sync"

	"github.com/ingot-build/ingot/engine/events"
)

// What the log of a run takes of one step. A guest may print gigabytes, on purpose or in a loop, and neither this program nor the
// disk may fill up with them.
const (
	stepLimit = 64 << 20 // bytes from the beginning of a step's output that are kept, each line with lineCost
	tailLimit = 64 << 10 // bytes from its end
	lineCost  = 128      // what a line takes in the journal beside its text, roughly
	toldEvery = 16 << 20 // bytes left out between two Progress events
)

// quota counts what a step prints, and holds the end of what is too much. It is safe for concurrent use.
type quota struct {
	mu       sync.Mutex
	kept     int64
	leftOut  int64 // bytes
	told     int64 // leftOut at the last Progress
	tail     []printed
	tailSize int
}

// printed is a piece of output that ends where a line or a safe piece of one does.
type printed struct {
	step   string
	stream events.Stream
	text   string
}

// full reports whether nothing more is kept.
func (q *quota) full() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.leftOut > 0
}

// take takes a line, or refuses it.
func (q *quota) take(line string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	cost := int64(len(line)) + lineCost
	if q.leftOut > 0 || q.kept+cost > stepLimit {
		return false
	}
	q.kept += cost
	return true
}

// skip puts a piece into the tail, and takes out what is before the last tailLimit bytes. first is set for the first piece that is
// left out. progress is how many bytes that are by now, each time there are toldEvery more; else 0.
func (q *quota) skip(p printed) (first bool, progress int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	first = q.leftOut == 0
	q.leftOut += int64(len(p.text))
	q.tail = append(q.tail, p)
	q.tailSize += len(p.text)
	drop := 0
	for len(q.tail)-drop > 1 && q.tailSize-len(q.tail[drop].text) >= tailLimit {
		q.tailSize -= len(q.tail[drop].text)
		drop++
	}
	q.tail = slices.Delete(q.tail, 0, drop)
	if q.leftOut-q.told >= toldEvery {
		q.told = q.leftOut
		progress = q.leftOut
	}
	return first, progress
}

// drain begins anew, and gives the tail, how many bytes before it are left out, and the last progress that skip gave.
func (q *quota) drain() (tail []printed, before, told int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	tail, before, told = q.tail, q.leftOut-int64(q.tailSize), q.told
	q.kept, q.leftOut, q.told, q.tail, q.tailSize = 0, 0, 0, nil, 0
	return tail, before, told
}

// The Progress of output that is left out, and the words around it.
const leftOutWhat = "output that the log leaves out"

func fullNotice() string {
	return fmt.Sprintf("this step printed %d MiB; its log goes on with the end of the output", stepLimit>>20)
}

func gapNotice(before int64) string {
	return fmt.Sprintf("%d bytes of output are left out here; the last ones follow", before)
}
