package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

// A resumer is one stream that goes on at a place of the past. What the others read is atomic.
type resumer struct {
	from     uint64
	at       atomic.Uint64
	silent   time.Duration // the longest time between two of its messages, or from its start to the first
	seconds  float64       // until its end; 0 if it has not come there
	openedAt time.Duration
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
	conns, err := dial(target, connections)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(seed, seed))
	resumers := make([]*resumer, streams)
	for i := range resumers {
		resumers[i] = &resumer{from: 1 + random.Uint64N(last-1)}
		resumers[i].at.Store(resumers[i].from)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	began := time.Now()
	var group sync.WaitGroup
	failures := make(chan error, streams)
	for i, r := range resumers {
		group.Go(func() {
			if err := r.read(ctx, conns[i%len(conns)], fmt.Sprintf("resumer-%d", i), tokens, began); err != nil && ctx.Err() == nil {
				failures <- fmt.Errorf("resumer-%d, from %d at %d: %w", i, r.from, r.at.Load(), err)
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	still := watch(resumers, last, done)
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

func (r *resumer) read(ctx context.Context, conn *grpc.ClientConn, consumer string, tokens []string, began time.Time) error {
	heard := time.Since(began)
	hear := func() {
		now := time.Since(began)
		r.silent = max(r.silent, now-heard)
		heard = now
	}
	// Whatever ends it, the time since the last message counts.
	defer hear()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var message []byte
	for {
		token := tokens[r.at.Load()-1]
		stream, err := open(ctx, conn, consumer, token)
		for err == nil {
			if err = stream.RecvMsg(&message); err != nil {
				break
			}
			hear()
			var update update
			if update, err = parse(message); err != nil {
				return err
			}
			if update.kind == kindResync {
				return fmt.Errorf("RESYNC: %s", update.text)
			}
			if update.isControl() {
				continue
			}
			if at := r.at.Load(); update.revision != at+1 {
				return fmt.Errorf("revision %d after %d", update.revision, at)
			}
			r.at.Store(update.revision)
			if update.revision >= uint64(len(tokens)) {
				r.seconds = time.Since(began).Seconds()
				return nil
			}
		}
		if !comesBack(ctx, err) {
			return err
		}
	}
}
