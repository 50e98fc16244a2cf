// Command grpcgo is the control plane's push side as a good Go engineer writes it, in one process: subscriptions are goroutines on
// buffered channels with a ticker beside them, an update is sent to each stream by Send, and net/http/pprof is mounted. Uploads are
// written and fsynced before they are broadcast; there is no catalog and no log, so a consumer that is too slow loses updates.
//
// Prints "ready" when both ports are open. SIGTERM ends it.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/signal"
	"path/filepath"
	runtimepprof "runtime/pprof"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "controlplane.dev/benchmarks/grpcgo/controlplane"
)

const (
	queueSize = 256
	tick      = 30 * time.Second
	maxUpload = 1 << 30
)

func main() {
	grpcAddress := flag.String("grpc", "127.0.0.1:0", "`host:port` of the gRPC service")
	httpAddress := flag.String("http", "127.0.0.1:0", "`host:port` of uploads, broadcasts and profiles")
	directory := flag.String("data", "", "`directory` of uploaded files")
	labels := flag.Bool("labels", false, "profiles show the consumer of a subscription as a label")
	flag.Parse()
	if *directory == "" {
		log.Fatal("-data is missing")
	}

	hub := &hub{subscribers: map[*subscriber]struct{}{}}
	service := grpc.NewServer()
	pb.RegisterControlPlaneServer(service, &controlPlane{hub: hub, labels: *labels})
	uploads := &uploads{directory: *directory, hub: hub}
	http.HandleFunc("PUT /workers/{name}/versions/{version}", uploads.put)
	http.HandleFunc("POST /internal/broadcast", hub.post)

	grpcListener, err := net.Listen("tcp", *grpcAddress)
	if err != nil {
		log.Fatal(err)
	}
	httpListener, err := net.Listen("tcp", *httpAddress)
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.Serve(httpListener, nil)) }()
	go func() {
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
		<-stop
		service.Stop()
	}()
	fmt.Println("ready")
	if err := service.Serve(grpcListener); err != nil {
		log.Fatal(err)
	}
}

// A subscriber is one open stream.
type subscriber struct {
	consumer string
	workers  map[string]bool // empty: all
	updates  chan *pb.WorkerUpdate
	lastSeen atomic.Int64
}

func (s *subscriber) wants(worker string) bool { return len(s.workers) == 0 || s.workers[worker] }

// The hub knows the open streams.
type hub struct {
	mu          sync.RWMutex
	subscribers map[*subscriber]struct{}
	revision    int64
	dropped     atomic.Int64
}

func (h *hub) add(s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subscribers[s] = struct{}{}
}

func (h *hub) remove(s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subscribers, s)
}

// broadcast gives an update the next revision and offers it to all who want it.
func (h *hub) broadcast(update *pb.WorkerUpdate) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.revision++
	update.Revision = h.revision
	update.Timestamp = time.Now().Unix()
	for s := range h.subscribers {
		if !s.wants(update.WorkerName) {
			continue
		}
		select {
		case s.updates <- update:
		default:
			h.dropped.Add(1)
		}
	}
	return h.revision
}

func (h *hub) post(w http.ResponseWriter, r *http.Request) {
	update := &pb.WorkerUpdate{}
	if err := json.NewDecoder(io.LimitReader(r.Body, maxUpload)).Decode(update); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer(w, map[string]any{"success": true, "revision": h.broadcast(update)})
}

type controlPlane struct {
	pb.UnimplementedControlPlaneServer
	hub    *hub
	labels bool
}

func (c *controlPlane) SubscribeWorkerUpdates(
	request *pb.SubscribeRequest, stream grpc.ServerStreamingServer[pb.WorkerUpdate]) error {
	if request.GetConsumerId() == "" {
		return status.Error(codes.InvalidArgument, "consumer_id is empty")
	}
	s := &subscriber{
		consumer: request.GetConsumerId(),
		workers:  map[string]bool{},
		updates:  make(chan *pb.WorkerUpdate, queueSize),
	}
	for _, worker := range request.GetWorkerNames() {
		s.workers[worker] = true
	}
	if c.labels {
		// The goroutine ends with the stream, and its labels with it.
		runtimepprof.SetGoroutineLabels(runtimepprof.WithLabels(stream.Context(), runtimepprof.Labels("consumer", s.consumer)))
	}
	c.hub.add(s)
	defer c.hub.remove(s)
	// The headers tell the client that it is subscribed.
	if err := stream.SendHeader(nil); err != nil {
		return err
	}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case update := <-s.updates:
			if err := stream.Send(update); err != nil {
				return err
			}
		case now := <-ticker.C:
			s.lastSeen.Store(now.Unix())
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

func (c *controlPlane) RegisterConsumer(_ context.Context, request *pb.RegisterRequest) (*pb.RegisterResponse, error) {
	return &pb.RegisterResponse{Success: request.GetConsumerId() != ""}, nil
}

// uploads stores each version as a file and tells the hub.
type uploads struct {
	directory string
	hub       *hub
}

func (u *uploads) put(w http.ResponseWriter, r *http.Request) {
	worker, version := r.PathValue("name"), r.PathValue("version")
	digest, code, size, err := u.store(worker, version, http.MaxBytesReader(w, r.Body, maxUpload))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	revision := u.hub.broadcast(&pb.WorkerUpdate{
		WorkerName: worker,
		Version:    version,
		Checksum:   digest,
		WorkerCode: code,
		Size:       size,
		FilePath:   "/file/" + worker + "/version/" + version,
		Kind:       pb.UpdateKind_PUBLISHED,
	})
	answer(w, map[string]any{"success": true, "revision": revision})
}

// store makes the bytes durable under their name: fsync, rename, fsync of the directory. Up to 1 MiB is given back.
func (u *uploads) store(worker, version string, body io.Reader) (digest string, code []byte, size int64, err error) {
	const inline = 1 << 20
	shelf := filepath.Join(u.directory, filepath.Base(worker))
	if err = os.MkdirAll(shelf, 0o755); err != nil {
		return
	}
	part, err := os.CreateTemp(shelf, ".part-")
	if err != nil {
		return
	}
	defer os.Remove(part.Name())
	defer part.Close()
	hash := sha256.New()
	kept := &bytes.Buffer{}
	buffered := bufio.NewWriterSize(part, 64<<10)
	size, err = io.Copy(io.MultiWriter(buffered, hash, &atMost{kept, inline + 1}), body)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = part.Sync()
	}
	if err == nil {
		err = os.Rename(part.Name(), filepath.Join(shelf, filepath.Base(version)))
	}
	if err == nil {
		err = syncDirectory(shelf)
	}
	if size <= inline {
		code = kept.Bytes()
	}
	return hex.EncodeToString(hash.Sum(nil)), code, size, err
}

// atMost keeps the first bytes and forgets the rest.
type atMost struct {
	kept *bytes.Buffer
	left int
}

func (a *atMost) Write(b []byte) (int, error) {
	a.kept.Write(b[:min(len(b), a.left)])
	a.left -= min(len(b), a.left)
	return len(b), nil
}

func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	defer directory.Close()
	return directory.Sync()
}

func answer(w http.ResponseWriter, object any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(object)
}
