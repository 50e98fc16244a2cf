package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

const (
	method     = "/controlplane.ControlPlane/SubscribeWorkerUpdates"
	maxMessage = 64 << 20
	opening    = 64 // streams at a time
)

// raw passes messages on as bytes: the client is to cost little, it runs beside the server that is measured.
type raw struct{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	message := v.(*[]byte)
	if cap(*message) < data.Len() {
		*message = make([]byte, data.Len())
	}
	*message = (*message)[:data.Len()]
	data.CopyTo(*message)
	return nil
}

type fanout struct {
	uploader  *uploader
	size      int
	processes processes
	streams   []grpc.ClientStream
	phase     atomic.Pointer[phase]
}

// A phase is a number of updates that go to all streams, each once.
type phase struct {
	first, updates int
	expected       int64
	arrived        atomic.Int64
	times          *times
	toLast         *times
	left           []atomic.Int64 // by update: streams that don't have it yet
	lastArrival    atomic.Int64
	done           chan struct{}
}

func (f *fanout) newPhase(first, updates int) *phase {
	p := &phase{
		first: first, updates: updates, expected: int64(updates) * int64(len(f.streams)),
		times: newTimes(), toLast: newTimes(), left: make([]atomic.Int64, updates), done: make(chan struct{}),
	}
	for i := range p.left {
		p.left[i].Store(int64(len(f.streams)))
	}
	f.phase.Store(p)
	return p
}

func (f *fanout) subscribe(target string, streams, connections int) error {
	began := time.Now()
	conns, err := dial(target, connections)
	if err != nil {
		return err
	}
	f.streams = make([]grpc.ClientStream, streams)
	var group errgroup.Group
	group.SetLimit(opening)
	for i := range f.streams {
		group.Go(func() error {
			stream, err := open(context.Background(), conns[i%len(conns)], fmt.Sprintf("load-%d", i), "")
			f.streams[i] = stream
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	say(map[string]any{"event": "subscribed", "streams": streams, "seconds": time.Since(began).Seconds()})
	return nil
}

// dial makes connections that try again soon after their server has gone.
func dial(target string, connections int) ([]*grpc.ClientConn, error) {
	again := grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.5, Jitter: 0.2, MaxDelay: time.Second},
		MinConnectTimeout: 5 * time.Second,
	}
	conns := make([]*grpc.ClientConn, connections)
	for i := range conns {
		conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithConnectParams(again),
			grpc.WithDefaultCallOptions(grpc.ForceCodecV2(raw{}), grpc.MaxCallRecvMsgSize(maxMessage)))
		if err != nil {
			return nil, err
		}
		conns[i] = conn
	}
	return conns, nil
}

// open returns when the response headers are here, which is when the server has registered the stream. A token that is not empty
// makes the stream go on after the message that carried it.
func open(ctx context.Context, conn *grpc.ClientConn, consumer, token string) (grpc.ClientStream, error) {
	return openWith(ctx, conn, resumeRequest(consumer, token))
}

func resumeRequest(consumer, token string) []byte {
	request := protowire.AppendTag(nil, 1, protowire.BytesType)
	request = protowire.AppendString(request, consumer)
	if token != "" {
		request = protowire.AppendTag(request, 3, protowire.BytesType)
		request = protowire.AppendString(request, token)
	}
	return request
}

func openWith(ctx context.Context, conn *grpc.ClientConn, request []byte) (grpc.ClientStream, error) {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, method)
	if err != nil {
		return nil, err
	}
	if err := stream.SendMsg(request); err != nil {
		return nil, err
	}
	if err := stream.CloseSend(); err != nil {
		return nil, err
	}
	header, err := stream.Header()
	if err == nil && header == nil {
		var none []byte
		if err = stream.RecvMsg(&none); err == nil {
			err = errors.New("a stream without headers")
		}
	}
	return stream, err
}

func (f *fanout) measure(warmup, updates int, interval time.Duration) error {
	failed := make(chan error, 1)
	fail := func(err error) {
		select {
		case failed <- err:
		default:
		}
	}
	for i, stream := range f.streams {
		go func() {
			fail(fmt.Errorf("stream %d: %w", i, f.receive(i, stream)))
		}()
	}
	if warmup > 0 {
		if _, err := f.publish(f.newPhase(0, warmup), 0, failed); err != nil {
			return err
		}
	}
	phase := f.newPhase(warmup, updates)
	before, err := f.processes.usage()
	if err != nil {
		return err
	}
	start := f.uploader.now()
	acknowledged, err := f.publish(phase, interval, failed)
	if err != nil {
		return err
	}
	after, err := f.processes.usage()
	if err != nil {
		return err
	}
	seconds := (time.Duration(phase.lastArrival.Load()) - start).Seconds()
	say(map[string]any{"event": "result", "messages": phase.expected, "seconds": seconds,
		"messages_per_second": float64(phase.expected) / seconds,
		"all":                 phase.times.summary(), "last": phase.toLast.summary(), "acknowledged": acknowledged.summary(),
		"processes": since(before, after)})
	return nil
}

// publish uploads the updates of a phase and returns when every stream has all of them.
func (f *fanout) publish(p *phase, interval time.Duration, failed <-chan error) (*times, error) {
	acknowledged := newTimes()
	group, ctx := errgroup.WithContext(context.Background())
	if interval == 0 {
		group.SetLimit(f.uploader.parallel)
	}
	start := f.uploader.now()
	uploads := make(chan error, 1)
	go func() {
		for i := range p.updates {
			intended := start + time.Duration(i)*interval
			time.Sleep(intended - f.uploader.now())
			if ctx.Err() != nil {
				break
			}
			group.Go(func() error {
				number := p.first + i
				content := f.uploader.file(number, intended, f.size)
				if err := f.uploader.put(ctx, number, bytes.NewReader(content), int64(len(content))); err != nil {
					return err
				}
				acknowledged.record(i, f.uploader.now()-intended)
				return nil
			})
		}
		uploads <- group.Wait()
	}()
	if err := <-uploads; err != nil {
		return nil, err
	}
	select {
	case <-p.done:
		return acknowledged, nil
	case err := <-failed:
		return nil, err
	}
}

// receive reads a stream to its end and holds that revisions have no gap.
func (f *fanout) receive(index int, stream grpc.ClientStream) error {
	var message []byte
	var last uint64
	for {
		if err := stream.RecvMsg(&message); err != nil {
			return err
		}
		now := f.uploader.now()
		update, err := parse(message)
		if err != nil {
			return err
		}
		code, revision := update.code, update.revision
		if last != 0 && revision != last+1 {
			return fmt.Errorf("revision %d after %d", revision, last)
		}
		last = revision
		stamp, ok := readStamp(code)
		if !ok || stamp.born != uint64(f.uploader.born.UnixNano()) || len(code) != max(f.size, stampBytes) {
			return fmt.Errorf("revision %d is not of this run, or not whole: %d bytes", revision, len(code))
		}
		f.arrived(index, stamp, now)
	}
}

func (f *fanout) arrived(index int, stamp stamp, now time.Duration) {
	p := f.phase.Load()
	p.times.record(index, now-stamp.intended)
	if p.left[int(stamp.number)-p.first].Add(-1) == 0 {
		p.toLast.record(index, now-stamp.intended)
	}
	for {
		latest := p.lastArrival.Load()
		if latest >= int64(now) || p.lastArrival.CompareAndSwap(latest, int64(now)) {
			break
		}
	}
	if p.arrived.Add(1) == p.expected {
		close(p.done)
	}
}

// An update is what the client needs of a WorkerUpdate. Its slices are parts of the message.
type update struct {
	worker   []byte
	checksum []byte
	code     []byte
	revision uint64
	kind     uint64
	token    []byte
	text     []byte
}

// The kinds of control messages: proto/control_plane.proto.
const (
	kindDeleted = 3
	kindSynced  = 4
	kindResync  = 6
)

func (u *update) isControl() bool { return u.kind > kindDeleted }

func parse(message []byte) (u update, err error) {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return u, protowire.ParseError(n)
		}
		message = message[n:]
		switch {
		case number == 1 && kind == protowire.BytesType:
			u.worker, n = protowire.ConsumeBytes(message)
		case number == 3 && kind == protowire.BytesType:
			u.checksum, n = protowire.ConsumeBytes(message)
		case number == 4 && kind == protowire.BytesType:
			u.code, n = protowire.ConsumeBytes(message)
		case number == 8 && kind == protowire.VarintType:
			u.revision, n = protowire.ConsumeVarint(message)
		case number == 9 && kind == protowire.VarintType:
			u.kind, n = protowire.ConsumeVarint(message)
		case number == 10 && kind == protowire.BytesType:
			u.token, n = protowire.ConsumeBytes(message)
		case number == 11 && kind == protowire.BytesType:
			u.text, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return u, protowire.ParseError(n)
		}
		message = message[n:]
	}
	return u, nil
}
