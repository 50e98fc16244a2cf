// Reads a goroutine dump on stdin as gostackparse does, and prints for each goroutine its id and state. Fails if one was dropped.
package main

import (
	"fmt"
	"os"

	"github.com/DataDog/gostackparse"
)

func main() {
	goroutines, errs := gostackparse.Parse(os.Stdin)
	for _, err := range errs {
		fmt.Fprintln(os.Stderr, err)
	}
	for _, goroutine := range goroutines {
		fmt.Printf("%d\t%s\n", goroutine.ID, goroutine.State)
	}
	if len(errs) > 0 {
		os.Exit(1)
	}
}
