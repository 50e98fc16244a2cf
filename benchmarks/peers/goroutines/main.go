// The mark to beat, and the client that measures both sides in the same way:
//
//	goroutines N            how long Go takes for the profiles of N parked goroutines, ten frames
//	                        deep, half of them in a channel receive, half asleep; prints FORM
//	                        MILLISECONDS, the median of five
//	goroutines serve N      the same goroutines in a server; prints its URL
//	goroutines latency URL  how long requests to a server take while nothing else happens, and
//	                        while its goroutine profile is taken again and again
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	httppprof "net/http/pprof"
	"os"
	"runtime/pprof"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	interval = 5 * time.Millisecond
	requests = 4000
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

func forms() error {
	for debug := range 3 {
		var times []time.Duration
		for range 5 {
			start := time.Now()
			if err := pprof.Lookup("goroutine").WriteTo(io.Discard, debug); err != nil {
				return err
			}
			times = append(times, time.Since(start))
		}
		slices.Sort(times)
		fmt.Printf("debug=%d %.3f\n", debug, float64(times[2].Microseconds())/1000)
	}
	return nil
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

func latency(url string) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	// The first requests and profiles warm up, and are not reported.
	for range 2 {
		if _, err := measure(client, url+"/"); err != nil {
			return err
		}
		if err := get(client, url+"/debug/pprof/goroutine"); err != nil {
			return err
		}
	}
	idle, err := measure(client, url+"/")
	if err != nil {
		return err
	}
	var done atomic.Bool
	profiles := make(chan int)
	go func() {
		taken := 0
		for ; !done.Load(); taken++ {
			if err := get(client, url+"/debug/pprof/goroutine"); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		profiles <- taken
	}()
	busy, err := measure(client, url+"/")
	if err != nil {
		return err
	}
	done.Store(true)
	ms := func(times []time.Duration, percent int) float64 {
		return float64(times[len(times)*percent/100].Microseconds()) / 1000
	}
	fmt.Printf("p50 %.2f ms, p99 %.2f ms; during %d profiles p50 %.2f ms, p99 %.2f ms: %.2f times\n",
		ms(idle, 50), ms(idle, 99), <-profiles, ms(busy, 50), ms(busy, 99), ms(busy, 99)/ms(idle, 99))
	return nil
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
		return forms()
	}
	return fmt.Errorf("usage: goroutines N | serve N | latency URL")
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
