package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sync/errgroup"
)

// fill makes a log of so many updates, and a file of the token that each of them carries.
func fill(target string, uploader *uploader, updates, size int, path string) error {
	uploader.workers = min(spread, updates)
	conns, err := dial(target, 1)
	if err != nil {
		return err
	}
	stream, err := open(context.Background(), conns[0], "load-fill", "")
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(uploader.parallel)
	reading := make(chan error, 1)
	go func() { reading <- writeTokens(stream, updates, out) }()
	began := uploader.now()
	for i := range updates {
		group.Go(func() error {
			content := uploader.file(i, 0, size)
			return uploader.put(ctx, i, bytes.NewReader(content), int64(len(content)))
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := <-reading; err != nil {
		return err
	}
	say(map[string]any{"event": "result", "updates": updates, "seconds": (uploader.now() - began).Seconds()})
	return out.Flush()
}

func writeTokens(stream interface{ RecvMsg(any) error }, updates int, out *bufio.Writer) error {
	var message []byte
	for next := range updates {
		if err := stream.RecvMsg(&message); err != nil {
			return err
		}
		update, err := parse(message)
		if err != nil {
			return err
		}
		if update.revision != uint64(next+1) || len(update.token) == 0 {
			return fmt.Errorf("revision %d with the token %q instead of revision %d", update.revision, update.token, next+1)
		}
		fmt.Fprintf(out, "%s\n", update.token)
	}
	return nil
}

func readTokens(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(text)), nil
}
