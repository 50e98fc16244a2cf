// The mark to beat: how long Go takes for the profiles of N parked goroutines, ten frames deep,
// half of them in a channel receive, half asleep. Prints FORM MILLISECONDS, the median of five.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"slices"
	"strconv"
	"sync"
	"time"
)

//go:noinline
func descend(depth int, wait func()) {
	if depth == 0 {
		wait()
		return
	}
	descend(depth-1, wait)
}

func main() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
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
	for debug := range 3 {
		var times []time.Duration
		for range 5 {
			start := time.Now()
			if err := pprof.Lookup("goroutine").WriteTo(io.Discard, debug); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			times = append(times, time.Since(start))
		}
		slices.Sort(times)
		fmt.Printf("debug=%d %.3f\n", debug, float64(times[2].Microseconds())/1000)
	}
}
