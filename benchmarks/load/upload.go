package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
)

const worker = "bench"

// spread is how many workers the files of a long log are versions of.
const spread = 1000

// An uploader puts files to an upload-server, or to a peer that takes the same request.
type uploader struct {
	base     string
	run      string
	parallel int
	client   *http.Client
	born     time.Time
	random   []byte
	workers  int // that the files are versions of, in turn
}

func newUploader(base, run string, parallel int) *uploader {
	transport := &http.Transport{MaxIdleConnsPerHost: 1024, MaxConnsPerHost: 0, WriteBufferSize: 64 << 10}
	random := make([]byte, 1<<20)
	source := rand.NewChaCha8([32]byte{1})
	source.Read(random)
	return &uploader{base, run, parallel, &http.Client{Transport: transport}, time.Now(), random, 1}
}

// A stamp leads every file: who made it, and when it should have been sent.
type stamp struct {
	born     uint64 // of the uploader, in Unix nanoseconds: the files of other runs are not ours
	intended time.Duration
	number   uint32
}

const stampBytes = 20

func (u *uploader) file(number int, intended time.Duration, size int) []byte {
	content := make([]byte, 0, max(size, stampBytes))
	content = binary.BigEndian.AppendUint64(content, uint64(u.born.UnixNano()))
	content = binary.BigEndian.AppendUint64(content, uint64(intended))
	content = binary.BigEndian.AppendUint32(content, uint32(number))
	for len(content) < size {
		content = append(content, u.random[:min(len(u.random), size-len(content))]...)
	}
	return content
}

func readStamp(content []byte) (stamp, bool) {
	if len(content) < stampBytes {
		return stamp{}, false
	}
	return stamp{
		born:     binary.BigEndian.Uint64(content),
		intended: time.Duration(binary.BigEndian.Uint64(content[8:])),
		number:   binary.BigEndian.Uint32(content[16:]),
	}, true
}

// now is on the clock of the stamps.
func (u *uploader) now() time.Duration { return time.Since(u.born) }

func (u *uploader) put(ctx context.Context, number int, body io.Reader, length int64) error {
	name := worker
	if u.workers > 1 {
		name = fmt.Sprintf("%s-%d", worker, number%u.workers)
	}
	url := fmt.Sprintf("%s/workers/%s/versions/%s-%d-%d", u.base, name, u.run, u.born.UnixNano(), number)
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, url, body)
	if err != nil {
		return err
	}
	request.ContentLength = length
	response, err := u.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("PUT %s: %s: %s", url, response.Status, answer)
	}
	return err
}

// measure uploads files and says how long each took to be acknowledged.
func (u *uploader) measure(size, count int, path string, watched processes) error {
	acknowledged := newTimes()
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(u.parallel)
	before, err := watched.usage()
	if err != nil {
		return err
	}
	start := time.Now()
	var bytesSent int64
	for i := range count {
		if path != "" {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			bytesSent += info.Size()
		} else {
			bytesSent += int64(max(size, stampBytes))
		}
		group.Go(func() error {
			began := time.Now()
			if err := u.send(ctx, i, size, path); err != nil {
				return err
			}
			acknowledged.record(i, time.Since(began))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	after, err := watched.usage()
	if err != nil {
		return err
	}
	say(map[string]any{"event": "result", "files": count, "bytes": bytesSent, "seconds": seconds,
		"files_per_second": float64(count) / seconds, "bytes_per_second": float64(bytesSent) / seconds,
		"acknowledged": acknowledged.summary(), "processes": since(before, after)})
	return nil
}

func (u *uploader) send(ctx context.Context, number, size int, path string) error {
	if path == "" {
		content := u.file(number, 0, size)
		return u.put(ctx, number, bytes.NewReader(content), int64(len(content)))
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	return u.put(ctx, number, file, info.Size())
}
