package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A resumer is one stream that goes on at a place of the past. What the others read is atomic.
type resumer struct {
	consumer string
	tokens   []string // of the whole log, by revision from 1
	began    time.Time
	from     uint64
	at       atomic.Uint64
	heard    time.Duration // when its last message came
	silent   time.Duration // the longest time between two of its messages, or from its start to the first
	seconds  float64       // until its end; 0 if it has not come there
}

// look is how often all streams are looked at.
const look = 5 * time.Second

// resume opens streams at random places, all at once, and reads each until the last token's revision. It says how many messages came,
// how fast, and how evenly.
func resume(target string, streams, connections int, path string, seed uint64, patience time.Duration) error {
	tokens, err := readTokens(path)
	if err != nil {
		return err
	}
	last := uint64(len(tokens))
	if last < 2 {
		return fmt.Errorf("%s has %d tokens: too few", path, last)
	}
	random := rand.New(rand.NewPCG(seed, seed))
	began := time.Now()
	resumers := make([]*resumer, streams)
	shares := make([][]wireStream, connections)
	for i := range resumers {
		resumers[i] = &resumer{consumer: fmt.Sprintf("resumer-%d", i), tokens: tokens, began: began, from: 1 + random.Uint64N(last-1)}
		resumers[i].at.Store(resumers[i].from)
		shares[i%connections] = append(shares[i%connections], resumers[i])
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var group sync.WaitGroup
	failures := make(chan error, connections)
	for _, share := range shares {
		group.Go(func() {
			if err := readWire(ctx, target, share); err != nil {
				failures <- err
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	still := watch(resumers, last, done)
	for _, r := range resumers {
		// Whatever ended it, the time since the last message counts.
		if r.seconds == 0 {
			r.hear()
		}
	}
	seconds := time.Since(began).Seconds()
	select {
	case err := <-failures:
		return err
	default:
	}
	return tell(resumers, last, seconds, still)
}

// watch looks at all streams again and again until they are done: the most of them that stood still between two looks.
func watch(resumers []*resumer, last uint64, done <-chan struct{}) int {
	before := make([]uint64, len(resumers))
	most := 0
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return most
		case <-ticker.C:
		}
		still := 0
		for i, r := range resumers {
			now := r.at.Load()
			if now == before[i] && now < last {
				still++
			}
			before[i] = now
		}
		most = max(most, still)
	}
}

func tell(resumers []*resumer, last uint64, seconds float64, still int) error {
	var messages uint64
	var ends []float64
	var silent time.Duration
	incomplete, least := 0, 1.0
	for _, r := range resumers {
		messages += r.at.Load() - r.from
		silent = max(silent, r.silent)
		if r.seconds > 0 {
			ends = append(ends, r.seconds)
			continue
		}
		incomplete++
		least = min(least, float64(r.at.Load()-r.from)/float64(last-r.from))
	}
	slices.Sort(ends)
	median := 0.0
	if len(ends) > 0 {
		median = ends[len(ends)/2]
	}
	say(map[string]any{"event": "result", "streams": len(resumers), "messages": messages, "seconds": seconds,
		"messages_per_second": float64(messages) / seconds, "incomplete": incomplete, "least_part": least,
		"longest_silence_seconds": silent.Seconds(), "stood_still": still, "median_end_seconds": median})
	return nil
}

// hear measures the silence up to now.
func (r *resumer) hear() {
	now := time.Since(r.began)
	r.silent = max(r.silent, now-r.heard)
	r.heard = now
}

func (r *resumer) request() []byte {
	return resumeRequest(r.consumer, r.tokens[r.at.Load()-1])
}

func (r *resumer) take(message []byte) (done bool, err error) {
	r.hear()
	update, err := parse(message)
	switch {
	case err != nil:
		return false, err
	case update.kind == kindResync:
		return false, fmt.Errorf("%s: RESYNC: %s", r.consumer, update.text)
	case update.isControl():
		return false, nil
	}
	if at := r.at.Load(); update.revision != at+1 {
		return false, fmt.Errorf("%s: revision %d after %d", r.consumer, update.revision, at)
	}
	r.at.Store(update.revision)
	if update.revision < uint64(len(r.tokens)) {
		return false, nil
	}
	r.seconds = time.Since(r.began).Seconds()
	return true, nil
}
