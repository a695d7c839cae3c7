package azuresim

import (
	"net/http"
	"strings"
	"time"
)

// copying is how far the copy of a snapshot is that was begun by CopyStart: the request for it is done at once, and
// the bytes come afterwards. It lasts as long as Options.Pace, and what a fault of the region adds to that.
type copying struct {
	begun  time.Time
	takes  time.Duration
	stuck  bool
	failed *Error
}

// percent is how much of it is done. One that is stuck or failed stops half-way.
func (p *copying) percent() float64 {
	done := 100.0
	if since := time.Since(p.begun); since < p.takes {
		done = float64(int(100 * since / p.takes))
	}
	if p.stuck || p.failed != nil {
		done = min(done, 50)
	}
	return done
}

// checkCopyStart refuses what Azure copies between regions not in this way: it takes an incremental snapshot of an
// incremental snapshot.
//
// Reference: https://learn.microsoft.com/azure/virtual-machines/disks-copy-incremental-snapshot-across-regions
func checkCopyStart(c *change, from *resource) error {
	if !c.id.Is(snapshotType) || !truth(c.body(), "properties", "incremental") {
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"The value 'CopyStart' of parameter 'creationData.createOption' is for incremental snapshots only.")
	}
	if !from.id.Is(snapshotType) || !truth(from.body, "properties", "incremental") {
		return refuse(http.StatusBadRequest, "InvalidParameter",
			"The source '%s' of a copy with 'CopyStart' is not an incremental snapshot.", from.id)
	}
	return nil
}

// storedSnapshot begins the copy of a new one. A fault with the region of the snapshot is about it.
func storedSnapshot(c *change) {
	if c.old != nil || !strings.EqualFold(text(c.body(), "properties", "creationData", "createOption"), "CopyStart") {
		return
	}
	c.res.copying = &copying{begun: time.Now(), takes: c.sim.opts.Pace}
	f := c.sim.faults.strike(http.MethodPut, c.id.String(), text(c.body(), "location"), 0)
	switch {
	case f == nil:
	case f.Stuck:
		c.res.copying.stuck = true
	case f.fails():
		c.res.copying.failed = f.error(http.StatusConflict)
	}
	if f != nil {
		c.res.copying.takes += f.Delay
	}
}

// checkCopied refuses the use of a snapshot whose bytes are not all there; r may be nil.
func checkCopied(r *resource) error {
	switch {
	case r == nil || r.copying == nil:
	case r.copying.failed != nil:
		return refuse(http.StatusConflict, "OperationNotAllowed", "The copy of snapshot '%s' has failed: %s", r.id,
			r.copying.failed.Message)
	case r.copying.percent() < 100:
		return refuse(http.StatusConflict, "OperationNotAllowed",
			"The copy of snapshot '%s' is under way: its completionPercent is %.0f.", r.id, r.copying.percent())
	}
	return nil
}

// viewSnapshot shows how far its copy is.
func viewSnapshot(s *Sim, r *resource, req *http.Request, o object) {
	viewDisk(s, r, req, o)
	if r.copying == nil {
		return
	}
	set(o, r.copying.percent(), "properties", "completionPercent")
	if e := r.copying.failed; e != nil {
		set(o, object{"errorCode": e.Code, "errorMessage": e.Message}, "properties", "copyCompletionError")
	}
}

// content is what names the bytes of a disk or a snapshot: copies have that of what they were copied from.
func content(r *resource) string {
	if name := text(r.secret, "content"); name != "" {
		return name
	}
	return text(r.body, "properties", "uniqueId")
}
