package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
)

// A snapshotRequest asks for all workers, or for what differs from those that the consumer holds.
type snapshotRequest struct {
	consumer string
	held     map[string]string
}

func (r snapshotRequest) encode() []byte {
	request := protowire.AppendTag(nil, 1, protowire.BytesType)
	request = protowire.AppendString(request, r.consumer)
	request = protowire.AppendTag(request, 4, protowire.VarintType)
	request = protowire.AppendVarint(request, 1)
	for worker, checksum := range r.held {
		entry := protowire.AppendTag(nil, 1, protowire.BytesType)
		entry = protowire.AppendString(entry, worker)
		entry = protowire.AppendTag(entry, 2, protowire.BytesType)
		entry = protowire.AppendString(entry, checksum)
		request = protowire.AppendTag(request, 5, protowire.BytesType)
		request = protowire.AppendBytes(request, entry)
	}
	return request
}

// snapshotTo reads one stream's snapshot until SYNCED and calls took for each worker's message.
func snapshotTo(ctx context.Context, conn *grpc.ClientConn, request snapshotRequest, took func(update, int)) error {
	stream, err := openWith(ctx, conn, request.encode())
	if err != nil {
		return err
	}
	var message []byte
	for {
		if err := stream.RecvMsg(&message); err != nil {
			return err
		}
		update, err := parse(message)
		switch {
		case err != nil:
			return err
		case update.kind == kindSynced:
			return nil
		case update.isControl():
			return fmt.Errorf("a message of kind %d before SYNCED: %s", update.kind, update.text)
		}
		took(update, len(message))
	}
}

// cold opens streams that all ask for a snapshot at once, and reads them until all are synced or the time is over.
func cold(target string, streams, connections int, patience time.Duration) error {
	conns, err := dial(target, connections)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var bytes, messages, synced atomic.Int64
	counts := make([]atomic.Int64, streams)
	failures := make(chan error, streams)
	var group sync.WaitGroup
	began := time.Now()
	for i := range streams {
		group.Go(func() {
			for {
				err := snapshotTo(ctx, conns[i%len(conns)], snapshotRequest{consumer: fmt.Sprintf("cold-%d", i)}, func(_ update, length int) {
					bytes.Add(int64(length))
					messages.Add(1)
					counts[i].Add(1)
				})
				if err == nil {
					synced.Add(1)
					return
				}
				if ctx.Err() != nil {
					return
				}
				if !comesBack(ctx, err) {
					if ctx.Err() != nil {
						return
					}
					failures <- fmt.Errorf("cold-%d: %w", i, err)
					return
				}
			}
		})
	}
	group.Wait()
	seconds := time.Since(began).Seconds()
	select {
	case err := <-failures:
		return err
	default:
	}
	least := counts[0].Load()
	for i := range counts {
		least = min(least, counts[i].Load())
	}
	say(map[string]any{"event": "result", "streams": streams, "messages": messages.Load(), "bytes": bytes.Load(), "seconds": seconds,
		"bytes_per_second": float64(bytes.Load()) / seconds, "synced": synced.Load(), "least_messages": least})
	return nil
}

// held opens streams that are up to date, and that said so by the checksum of every worker if told is true. It prints "synced" when
// all are, and ends with its standard input.
func held(target string, streams, connections int, told bool) error {
	conns, err := dial(target, connections)
	if err != nil {
		return err
	}
	workers := map[string]string{}
	if err := snapshotTo(context.Background(), conns[0], snapshotRequest{consumer: "held"}, func(u update, _ int) {
		workers[string(u.worker)] = string(u.checksum)
	}); err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(opening)
	for i := range streams {
		group.Go(func() error {
			request := snapshotRequest{consumer: fmt.Sprintf("held-%d", i)}
			if told {
				request.held = workers
			}
			var sent atomic.Int64
			err := snapshotTo(context.Background(), conns[i%len(conns)], request, func(update, int) { sent.Add(1) })
			if err == nil && told && sent.Load() > 0 {
				err = errors.New("a worker came that was held")
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	say(map[string]any{"event": "synced", "streams": streams, "workers": len(workers)})
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
