package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// live is a fleet that is up to date: streams that are sent one update each interval and go on with their tokens after the server was away.
type live struct {
	uploader *uploader
	size     int
	patience time.Duration
	streams  []*liveStream
	failed   chan error
	next     atomic.Int64 // number of the next update
	window   atomic.Pointer[window]
	back     atomic.Pointer[comeback]
}

type liveStream struct {
	index  int
	conn   *grpc.ClientConn
	stream grpc.ClientStream
	last   uint64
	token  []byte
}

// A window is a run of updates whose times count. They count from when an update was due, so one that comes after the window's end
// counts too.
type window struct {
	first   int64        // number of its first update
	end     atomic.Int64 // number of the first update after it; 0 while it is open
	arrived atomic.Int64
	times   *times
}

// A comeback is over when every stream has an update that was due after it began.
type comeback struct {
	began time.Duration
	seen  []atomic.Bool
	left  atomic.Int64
	done  chan struct{}
}

// comesBack waits a moment after a server has gone, or sent its client away; other errors are the end.
func comesBack(ctx context.Context, err error) bool {
	again := errors.Is(err, io.EOF)
	switch status.Code(err) {
	case codes.Unavailable, codes.Internal, codes.Canceled, codes.ResourceExhausted:
		again = true
	}
	if !again || ctx.Err() != nil {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(50 * time.Millisecond):
		return true
	}
}

func (l *live) subscribe(target string, streams, connections int) error {
	conns, err := dial(target, connections)
	if err != nil {
		return err
	}
	l.failed = make(chan error, 1)
	l.streams = make([]*liveStream, streams)
	var group errgroup.Group
	group.SetLimit(opening)
	for i := range l.streams {
		group.Go(func() error {
			s := &liveStream{index: i, conn: conns[i%len(conns)]}
			l.streams[i] = s
			var err error
			s.stream, err = open(context.Background(), s.conn, fmt.Sprintf("live-%d", i), "")
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, s := range l.streams {
		go func() { l.fail(fmt.Errorf("live-%d: %w", s.index, l.receive(s))) }()
	}
	say(map[string]any{"event": "subscribed", "streams": streams})
	return nil
}

func (l *live) fail(err error) {
	select {
	case l.failed <- err:
	default:
	}
}

// publish uploads one update each interval for ever; while the upload-server answers slowly, the next ones are on their way too.
func (l *live) publish(interval time.Duration) {
	start := l.uploader.now()
	for number := int64(0); ; number++ {
		due := start + time.Duration(number)*interval
		time.Sleep(due - l.uploader.now())
		l.next.Store(number + 1)
		go func() {
			content := l.uploader.file(int(number), due, l.size)
			if err := l.uploader.put(context.Background(), int(number), bytes.NewReader(content), int64(len(content))); err != nil {
				l.fail(err)
			}
		}()
	}
}

// receive reads for ever, over as many streams as it takes, and holds that revisions have no gap.
func (l *live) receive(s *liveStream) error {
	ctx := context.Background()
	var message []byte
	var err error
	for {
		for err == nil {
			if err = s.stream.RecvMsg(&message); err == nil {
				if broken := l.take(s, message); broken != nil {
					return broken
				}
			}
		}
		if !comesBack(ctx, err) {
			return err
		}
		s.stream, err = open(ctx, s.conn, fmt.Sprintf("live-%d", s.index), string(s.token))
	}
}

func (l *live) take(s *liveStream, message []byte) error {
	now := l.uploader.now()
	update, err := parse(message)
	if err != nil {
		return err
	}
	if update.kind == kindResync {
		return fmt.Errorf("RESYNC: %s", update.text)
	}
	if update.isControl() {
		return nil
	}
	if s.last != 0 && update.revision != s.last+1 {
		return fmt.Errorf("revision %d after %d", update.revision, s.last)
	}
	s.last = update.revision
	s.token = append(s.token[:0], update.token...)
	stamp, ok := readStamp(update.code)
	if !ok || stamp.born != uint64(l.uploader.born.UnixNano()) || len(update.code) != max(l.size, stampBytes) {
		return fmt.Errorf("revision %d is not of this run, or not whole: %d bytes", update.revision, len(update.code))
	}
	if w := l.window.Load(); w != nil {
		w.take(s.index, int64(stamp.number), now-stamp.intended)
	}
	if b := l.back.Load(); b != nil && stamp.intended > b.began && !b.seen[s.index].Swap(true) && b.left.Add(-1) == 0 {
		close(b.done)
	}
	return nil
}

func (w *window) take(stream int, number int64, took time.Duration) {
	if number < w.first || (w.end.Load() > 0 && number >= w.end.Load()) {
		return
	}
	w.times.record(stream, took)
	w.arrived.Add(1)
}

// wait returns how many messages of the window have not come within the time given.
func (w *window) wait(streams int, patience time.Duration) int64 {
	expected := (w.end.Load() - w.first) * int64(streams)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if missing := expected - w.arrived.Load(); missing == 0 || time.Now().After(deadline) {
			return missing
		}
	}
}

// obey publishes and does what the lines of its input say, until the input ends.
func (l *live) obey(in io.Reader, interval time.Duration) error {
	go l.publish(interval)
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	for {
		select {
		case err := <-l.failed:
			return err
		case word, more := <-lines:
			if !more {
				return nil
			}
			switch word {
			case "begin":
				// The next update may arrive before the window is there: it begins with the one after.
				l.window.Store(&window{times: newTimes(), first: l.next.Load() + 1})
			case "end":
				w := l.window.Load()
				w.end.Store(max(l.next.Load(), w.first+1))
				missing := w.wait(len(l.streams), l.patience)
				say(map[string]any{"event": "window", "updates": w.end.Load() - w.first, "missing": missing, "times": w.times.summary()})
				l.window.Store(nil)
			case "return":
				l.comeBack()
			default:
				return fmt.Errorf("%q is none of begin, end, return", word)
			}
		}
	}
}

func (l *live) comeBack() {
	b := &comeback{began: l.uploader.now(), seen: make([]atomic.Bool, len(l.streams)), done: make(chan struct{})}
	b.left.Store(int64(len(l.streams)))
	l.back.Store(b)
	select {
	case <-b.done:
	case <-time.After(l.patience):
	}
	say(map[string]any{"event": "back", "seconds": (l.uploader.now() - b.began).Seconds(), "missing": b.left.Load()})
	l.back.Store(nil)
}
