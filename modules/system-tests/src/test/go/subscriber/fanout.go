package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"

	"google.golang.org/grpc"
)

// openAll opens streams subscriptions on each of connections connections and returns when all have their headers.
func (c *client) openAll(ctx context.Context, connections, streams int) ([]grpc.ClientStream, error) {
	opened := make([]grpc.ClientStream, connections*streams)
	failures := make(chan error, len(opened))
	var group sync.WaitGroup
	for i := range connections {
		conn, err := c.dial()
		if err != nil {
			return nil, err
		}
		for j := range streams {
			group.Go(func() {
				stream, err := c.open(ctx, conn, fmt.Sprintf("go-%d-%d", i, j), nil)
				if err != nil {
					failures <- err
				}
				opened[i*streams+j] = stream
			})
		}
	}
	group.Wait()
	select {
	case err := <-failures:
		return nil, err
	default:
		say(map[string]any{"event": "subscribed", "streams": len(opened)})
		return opened, nil
	}
}

// fanout holds that every subscription gets each revision up to until exactly once, in order, with the bytes that its checksum names.
func (c *client) fanout(ctx context.Context, connections, streams int, until int64) error {
	opened, err := c.openAll(ctx, connections, streams)
	if err != nil {
		return err
	}
	type outcome struct {
		first, updates int64
		err            error
	}
	outcomes := make([]outcome, len(opened))
	var group sync.WaitGroup
	for i, stream := range opened {
		group.Go(func() {
			var last int64
			for last < until {
				revision, err := c.receive(stream)
				if err == nil && last != 0 && revision != last+1 {
					err = fmt.Errorf("revision %d after %d", revision, last)
				}
				if err != nil {
					outcomes[i].err = fmt.Errorf("stream %d after revision %d: %w", i, last, err)
					return
				}
				if last == 0 {
					outcomes[i].first = revision
				}
				last = revision
				outcomes[i].updates++
			}
		})
	}
	group.Wait()
	wrong := []string{}
	var updates, latestFirst int64
	for _, o := range outcomes {
		updates += o.updates
		latestFirst = max(latestFirst, o.first)
		if o.err != nil {
			wrong = append(wrong, o.err.Error())
		}
	}
	say(map[string]any{"event": "done", "streams": len(opened), "updates": updates, "latest_first": latestFirst,
		"failed": len(wrong), "wrong": wrong[:min(len(wrong), 10)]})
	return nil
}

func (c *client) receive(stream grpc.ClientStream) (int64, error) {
	update := c.methods.subscribe.response()
	if err := stream.RecvMsg(update); err != nil {
		return 0, err
	}
	digest := sha256.Sum256(update.Get(field(update, "worker_code")).Bytes())
	if promised := update.Get(field(update, "checksum")).String(); hex.EncodeToString(digest[:]) != promised {
		return 0, fmt.Errorf("worker_code has SHA-256 %x, checksum says %s", digest, promised)
	}
	return update.Get(field(update, "revision")).Int(), nil
}

func (c *client) stall(ctx context.Context, connections, streams int) error {
	if _, err := c.openAll(ctx, connections, streams); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
