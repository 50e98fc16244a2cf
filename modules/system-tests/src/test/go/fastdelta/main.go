// Reads scrapes of cumulative profiles, SERVER.PROFILE.NUMBER.pb.gz in a directory, and computes the growth between them as Datadog's
// profiler does and as google/pprof does. Prints a line for each server and profile: how often they agreed, and the types that grew. Fails if
// they differ once, or if anything fell.
//
// The path of this module is inside Datadog's, as Go demands of whoever imports a package below "internal".
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/DataDog/dd-trace-go/v2/profiler/internal/fastdelta"
	"github.com/DataDog/dd-trace-go/v2/profiler/internal/pprofutils"
	"github.com/google/pprof/profile"
)

// The sums of each profile, in Datadog's and Alloy's configurations the same.
var (
	allocated = []pprofutils.ValueType{{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"}}
	waited    = []pprofutils.ValueType{{Type: "contentions", Unit: "count"}, {Type: "delay", Unit: "nanoseconds"}}
	sums      = map[string][]pprofutils.ValueType{"allocs": allocated, "heap": allocated, "block": waited, "mutex": waited}
)

func main() {
	files, err := filepath.Glob(filepath.Join(os.Args[1], "*.pb.gz"))
	if err != nil || len(files) == 0 {
		fail("no profiles in %s: %v", os.Args[1], err)
	}
	slices.Sort(files)
	series := map[string][]string{}
	for _, file := range files {
		words := strings.Split(filepath.Base(file), ".")
		name := words[0] + " " + words[1]
		series[name] = append(series[name], file)
	}
	for name, files := range series {
		fields, ok := sums[strings.Fields(name)[1]]
		if !ok {
			fail("%s is not cumulative", name)
		}
		grown := check(files, fields)
		fmt.Println(name, len(files)-1, strings.Join(grown, " "))
	}
}

// check compares the growth from each file to the next and returns the types that grew.
func check(files []string, fields []pprofutils.ValueType) []string {
	computer := fastdelta.NewDeltaComputer(fields...)
	before := read(files[0])
	if err := computer.Delta(before, io.Discard); err != nil {
		fail("%s: %v", files[0], err)
	}
	grown := map[string]bool{}
	for _, file := range files[1:] {
		after := read(file)
		var out bytes.Buffer
		if err := computer.Delta(after, &out); err != nil {
			fail("%s: %v", file, err)
		}
		datadogs, googles := parse(file, out.Bytes()), difference(file, parse(file, before), parse(file, after), fields)
		for _, sample := range datadogs.Sample {
			for i, value := range sample.Value {
				kind := datadogs.SampleType[i].Type + "/" + datadogs.SampleType[i].Unit
				if slices.Contains(fields, pprofutils.ValueType{Type: datadogs.SampleType[i].Type, Unit: datadogs.SampleType[i].Unit}) {
					if value < 0 {
						fail("%s: %s fell by %d", file, kind, -value)
					}
					grown[kind] = grown[kind] || value > 0
				}
			}
		}
		googles.Scale(-1)
		rest, err := profile.Merge([]*profile.Profile{datadogs, googles})
		if err != nil {
			fail("%s: %v", file, err)
		}
		if len(rest.Sample) > 0 {
			fail("%s: fastdelta less google/pprof is %v", file, rest)
		}
		before = after
	}
	var kinds []string
	for _, field := range fields {
		if kind := field.Type + "/" + field.Unit; grown[kind] {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// difference takes the sums of before from those of after, and leaves other values of after as they are.
func difference(file string, before, after *profile.Profile, fields []pprofutils.ValueType) *profile.Profile {
	if before.DurationNanos != 0 || after.DurationNanos != 0 {
		fail("%s has a duration: scrapers would take it for a difference", file)
	}
	if after.TimeNanos <= before.TimeNanos {
		fail("%s is no later than the scrape before", file)
	}
	ratios := make([]float64, len(before.SampleType))
	for i, kind := range before.SampleType {
		if slices.Contains(fields, pprofutils.ValueType{Type: kind.Type, Unit: kind.Unit}) {
			ratios[i] = -1
		}
	}
	if err := before.ScaleN(ratios); err != nil {
		fail("%s: %v", file, err)
	}
	merged, err := profile.Merge([]*profile.Profile{before, after})
	if err != nil {
		fail("%s: %v", file, err)
	}
	return merged
}

func read(file string) []byte {
	in, err := os.Open(file)
	if err != nil {
		fail("%v", err)
	}
	defer in.Close()
	unzipped, err := gzip.NewReader(in)
	if err != nil {
		fail("%s: %v", file, err)
	}
	profile, err := io.ReadAll(unzipped)
	if err != nil {
		fail("%s: %v", file, err)
	}
	return profile
}

func parse(file string, bytes []byte) *profile.Profile {
	parsed, err := profile.ParseData(bytes)
	if err != nil {
		fail("%s: %v", file, err)
	}
	return parsed
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}
