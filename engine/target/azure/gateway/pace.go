package gateway

import (
	"context"
	"strings"
	"sync"
	"time"
)

// pacer holds back what is asked for again and again: the plugin polls without a pause. The first poll goes through at once, since much
// is done in a moment; then the pauses double, up to what Azure asks for, or up to most where it says nothing.
type pacer struct {
	most time.Duration // less than 0: nothing is held

	mu    sync.Mutex
	polls map[string]*poll // by key of a path
}

type poll struct {
	pause time.Duration
	next  time.Time // the earliest that it is asked for again
}

const (
	firstPause = 25 * time.Millisecond
	maxPause   = 30 * time.Second // a client hangs up some time
	maxPolls   = 1000
)

func newPacer(most time.Duration) *pacer { return &pacer{most: most, polls: map[string]*poll{}} }

// wait returns when it is time to ask.
func (p *pacer) wait(ctx context.Context, key string) error {
	p.mu.Lock()
	var until time.Duration
	if one := p.polls[key]; one != nil {
		until = time.Until(one.next)
	}
	p.mu.Unlock()
	return sleep(ctx, until)
}

// asked notes an answer. after is what Azure said of the next time, and is used if known.
func (p *pacer) asked(key string, after time.Duration, known bool) {
	if p.most < 0 {
		return
	}
	most := p.most
	if known {
		most = min(after, maxPause)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.polls[key]
	if one == nil {
		p.shrink()
		one = &poll{}
		p.polls[key] = one
	}
	one.pause = min(max(firstPause, 2*one.pause), most)
	one.next = time.Now().Add(one.pause)
}

// forget is for a resource that is changed: its new state may be there at once.
func (p *pacer) forget(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for k := range p.polls {
		if inside(k, key) || strings.HasPrefix(key, k+"/") {
			delete(p.polls, k)
		}
	}
}

// shrink makes room: what may be asked for already is as good as new.
func (p *pacer) shrink() {
	if len(p.polls) < maxPolls {
		return
	}
	now := time.Now()
	for key, one := range p.polls {
		if one.next.Before(now) {
			delete(p.polls, key)
		}
	}
	if len(p.polls) >= maxPolls {
		clear(p.polls)
	}
}
