// Command load drives a server that speaks proto/control_plane.proto, ours or a peer, and measures what its clients see. It prints
// JSON objects, one a line; the last is the result.
//
// A time is measured from when an update should have been sent, which stands in its bytes, so a server that falls behind can't slow
// down the clock (no coordinated omission).
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

const usage = `usage: load COMMAND [flags]

  fanout   subscribes -streams streams on -connections connections, uploads -warmup and then -updates files of -size bytes,
           all at once or one each -interval, and waits until every stream has every update
  idle     subscribes and prints "subscribed"; ends with its standard input
  fill     uploads -updates files of -size bytes as versions of many workers, and writes to -tokens the token of each update
  live     subscribes, uploads one file each -interval, and comes back with its tokens when the server was away. It obeys words
           on its standard input: "begin" (the updates from now on count), "end" (prints their times when all have arrived),
           "return" (prints how long it took until every stream has an update that was due after the word)
  resume   opens -streams streams at once at random places of -tokens and reads each until its end
  cold     opens -streams streams that all ask for a snapshot at once, and reads them until all are synced or -patience is over
  held     opens streams that are synced, with -told after they sent what they hold, and prints "synced"; ends with its standard input
  upload   uploads -count files of -size bytes, -parallel at a time, or -file as often
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	pids := processes{}
	flags.Var(&pids, "pid", "`name=pid` of a server whose CPU is counted; may be repeated")
	var (
		target      = flags.String("target", "", "`host:port` of the gRPC service")
		upload      = flags.String("upload", "", "base `URL` for PUT /workers/{name}/versions/{version}")
		streams     = flags.Int("streams", 1, "streams in all")
		connections = flags.Int("connections", 1, "connections that carry them")
		size        = flags.Int("size", 1024, "bytes of a file")
		warmup      = flags.Int("warmup", 0, "updates before the measured ones")
		updates     = flags.Int("updates", 1, "measured updates")
		interval    = flags.Duration("interval", 0, "time from an update to the next; 0: all at once")
		parallel    = flags.Int("parallel", 32, "uploads at a time")
		count       = flags.Int("count", 1, "files")
		file        = flags.String("file", "", "`file` to upload")
		run         = flags.String("run", "r", "distinguishes the names of this run's files from those of others on the same server")
		limit       = flags.Duration("limit", 2*time.Minute, "limit of the whole command")
		tokens      = flags.String("tokens", "", "`file` of tokens, one a line, by revision from 1")
		seed        = flags.Uint64("seed", 1, "chooses the random places")
		told        = flags.Bool("told", false, "held: each stream sends the checksum of every worker")
		patience    = flags.Duration("patience", 2*time.Minute, "how long resume and the words of live wait before they tell what is missing")
	)
	flags.Parse(os.Args[2:])
	time.AfterFunc(*limit, func() {
		fmt.Fprintf(os.Stderr, "load %s: not done after %v\n", os.Args[1], *limit)
		os.Exit(1)
	})

	var err error
	switch os.Args[1] {
	case "fanout":
		fanout := &fanout{uploader: newUploader(*upload, *run, *parallel), size: *size, processes: pids}
		if err = fanout.subscribe(*target, *streams, *connections); err == nil {
			err = fanout.measure(*warmup, *updates, *interval)
		}
	case "idle":
		idle := &fanout{}
		if err = idle.subscribe(*target, *streams, *connections); err == nil {
			_, err = io.Copy(io.Discard, os.Stdin)
		}
	case "fill":
		err = fill(*target, newUploader(*upload, *run, *parallel), *updates, *size, *tokens)
	case "live":
		live := &live{uploader: newUploader(*upload, *run, *parallel), size: *size, patience: *patience}
		if err = live.subscribe(*target, *streams, *connections); err == nil {
			err = live.obey(os.Stdin, *interval)
		}
	case "resume":
		err = resume(*target, *streams, *connections, *tokens, *seed, *patience)
	case "cold":
		err = cold(*target, *streams, *connections, *patience)
	case "held":
		err = held(*target, *streams, *connections, *told)
	case "upload":
		err = newUploader(*upload, *run, *parallel).measure(*size, *count, *file, pids)
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load "+os.Args[1]+":", err)
		os.Exit(1)
	}
}

// say prints an object as one line; os.Stdout is not buffered.
func say(object any) {
	line, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(append(line, '\n'))
}
