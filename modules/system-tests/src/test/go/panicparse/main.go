// Reads a goroutine dump on stdin as panicparse does, and prints for each goroutine its id and state. Fails where panicparse does.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/maruel/panicparse/v2/stack"
)

func main() {
	snapshot, suffix, err := stack.ScanSnapshot(os.Stdin, io.Discard, stack.DefaultOpts())
	if err != nil && err != io.EOF {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if snapshot == nil || len(suffix) > 0 {
		fmt.Fprintf(os.Stderr, "not a dump from begin to end; left over: %q\n", suffix)
		os.Exit(1)
	}
	for _, goroutine := range snapshot.Goroutines {
		fmt.Printf("%d\t%s\n", goroutine.ID, goroutine.State)
	}
	for _, bucket := range snapshot.Aggregate(stack.AnyPointer).Buckets {
		if len(bucket.Stack.Calls) == 0 {
			fmt.Fprintf(os.Stderr, "a stack without calls: %v\n", bucket.IDs)
			os.Exit(1)
		}
	}
}
