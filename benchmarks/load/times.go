package main

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	shards     = 64
	maxMicros  = 120_000_000
	digits     = 3
	microsInMs = 1000.0
)

// times is a histogram of durations that many goroutines record to.
type times struct {
	parts [shards]struct {
		mu        sync.Mutex
		histogram *hdrhistogram.Histogram
	}
}

func newTimes() *times {
	t := &times{}
	for i := range t.parts {
		t.parts[i].histogram = hdrhistogram.New(1, maxMicros, digits)
	}
	return t
}

func (t *times) record(recorder int, d time.Duration) {
	part := &t.parts[recorder%shards]
	part.mu.Lock()
	part.histogram.RecordValue(min(max(d.Microseconds(), 1), maxMicros))
	part.mu.Unlock()
}

// summary is in milliseconds.
type summary struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p999_ms"`
	Max   float64 `json:"max_ms"`
}

func (t *times) summary() summary {
	all := hdrhistogram.New(1, maxMicros, digits)
	for i := range t.parts {
		t.parts[i].mu.Lock()
		all.Merge(t.parts[i].histogram)
		t.parts[i].mu.Unlock()
	}
	at := func(percentile float64) float64 { return float64(all.ValueAtQuantile(percentile)) / microsInMs }
	return summary{all.TotalCount(), at(50), at(90), at(99), at(99.9), float64(all.Max()) / microsInMs}
}
