// The mark to beat, and the client that measures both sides in the same way:
//
//	goroutines N            how long Go takes for the profiles of N parked goroutines, ten frames
//	                        deep, half of them in a channel receive, half asleep; prints FORM
//	                        MILLISECONDS, the median of five (three beyond 500,000); stack is
//	                        runtime.Stack called once with room for all, which debug=2 calls for
//	                        each size of its buffer, from 1 MiB doubled until all fits or 64 MiB
//	goroutines serve N      the same goroutines in a server; prints its URL
//	goroutines latency URL  how long requests to a server take while nothing else happens, and
//	                        while its goroutine profile is taken again and again, in turns
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	httppprof "net/http/pprof"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	interval = 5 * time.Millisecond
	requests = 1000
	warmUps  = 2
	rounds   = 7
)

//go:noinline
func descend(depth int, wait func()) {
	if depth == 0 {
		wait()
		return
	}
	descend(depth-1, wait)
}

func park(n int) {
	never := make(chan int)
	var started sync.WaitGroup
	started.Add(n)
	for i := range n {
		go descend(8, func() {
			started.Done()
			if i%2 == 0 {
				<-never
			} else {
				time.Sleep(time.Hour)
			}
		})
	}
	started.Wait()
	time.Sleep(time.Second)
}

func forms(goroutines int) error {
	rounds := 5
	if goroutines > 500_000 {
		rounds = 3
	}
	for debug := range 3 {
		err := row(fmt.Sprintf("debug=%d", debug), rounds, func() error {
			return pprof.Lookup("goroutine").WriteTo(io.Discard, debug)
		})
		if err != nil {
			return err
		}
	}
	// One goroutine's text is some 515 bytes.
	text := make([]byte, 1<<20+goroutines*1024)
	return row("stack", rounds, func() error {
		if runtime.Stack(text, true) == len(text) {
			return fmt.Errorf("the goroutines' text is longer than %d bytes", len(text))
		}
		return nil
	})
}

func row(name string, rounds int, task func() error) error {
	var times []float64
	for range rounds {
		start := time.Now()
		if err := task(); err != nil {
			return err
		}
		times = append(times, float64(time.Since(start).Microseconds())/1000)
	}
	fmt.Printf("%s %.3f\n", name, median(times))
	return nil
}

func median(some []float64) float64 {
	slices.Sort(some)
	return some[len(some)/2]
}

func serve() error {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	mux.HandleFunc("/debug/pprof/", httppprof.Index)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	return http.Serve(listener, mux)
}

func get(client *http.Client, url string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}

// Requests are sent when they are due, whether or not those before are answered, and count from when
// they were due: a server that stands still is felt by all that it keeps waiting.
func measure(client *http.Client, url string) ([]time.Duration, error) {
	times := make([]time.Duration, requests)
	var failure atomic.Value
	var answered sync.WaitGroup
	start := time.Now()
	for i := range times {
		due := start.Add(time.Duration(i) * interval)
		time.Sleep(time.Until(due))
		answered.Go(func() {
			if err := get(client, url); err != nil {
				failure.Store(err)
			}
			times[i] = time.Since(due)
		})
	}
	answered.Wait()
	if err, failed := failure.Load().(error); failed {
		return nil, err
	}
	slices.Sort(times)
	return times, nil
}

// While profiles are taken through the server, one after the other.
func measureBusy(client *http.Client, url string) (busy []time.Duration, taken int, err error) {
	var done atomic.Bool
	profiles := make(chan error)
	go func() {
		for !done.Load() {
			if err := get(client, url+"/debug/pprof/goroutine"); err != nil {
				profiles <- err
				return
			}
			taken++
		}
		profiles <- nil
	}()
	busy, err = measure(client, url+"/")
	done.Store(true)
	return busy, taken, errors.Join(err, <-profiles)
}

func latency(url string) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	var idle50, idle99, busy50, busy99 []float64
	profiles := 0
	// The first rounds warm up, and are not reported.
	for round := -warmUps; round < rounds; round++ {
		idle, err := measure(client, url+"/")
		if err != nil {
			return err
		}
		busy, taken, err := measureBusy(client, url)
		if err != nil {
			return err
		}
		if round >= 0 {
			idle50 = append(idle50, percentile(idle, 50))
			idle99 = append(idle99, percentile(idle, 99))
			busy50 = append(busy50, percentile(busy, 50))
			busy99 = append(busy99, percentile(busy, 99))
			profiles += taken
		}
	}
	fmt.Printf("idle p50 %.2f p99 %.2f", median(idle50), median(idle99))
	fmt.Printf(" busy p50 %.2f p99 %.2f profiles %d", median(busy50), median(busy99), profiles)
	fmt.Printf(" idle p99 of each %.2f busy %.2f\n", idle99, busy99)
	return nil
}

func percentile(sorted []time.Duration, percent int) float64 {
	return float64(sorted[len(sorted)*percent/100].Microseconds()) / 1000
}

func run(arguments []string) error {
	switch {
	case len(arguments) == 2 && arguments[0] == "latency":
		return latency(arguments[1])
	case len(arguments) == 2 && arguments[0] == "serve":
		n, err := strconv.Atoi(arguments[1])
		if err != nil {
			return err
		}
		park(n)
		return serve()
	case len(arguments) == 1:
		n, err := strconv.Atoi(arguments[0])
		if err != nil {
			return err
		}
		park(n)
		return forms(n)
	}
	return fmt.Errorf("usage: goroutines N | serve N | latency URL")
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
