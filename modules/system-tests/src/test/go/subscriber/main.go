// Command subscriber is a client of the control plane in Go: it learns the messages from the proto file at run time, or from the
// server by reflection, so that nothing generated for the servers takes part. It prints one JSON object a line.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	_ "google.golang.org/genproto/googleapis/rpc/errdetails" // the messages that details has
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
)

const usage = `usage: subscriber [flags] COMMAND

  register ID ENDPOINT     calls RegisterConsumer
  subscribe ID [WORKER...] prints "headers" when subscribed, then every update; ends after -count of them
  fanout                   opens -streams subscriptions on each of -connections connections, prints "subscribed",
                           reads all up to revision -until and prints what was not as it should be
  stall                    like fanout, but never reads; ends with its standard input
  health                   asks the standard health service
  services                 lists the services by reflection
`

func main() {
	target := flag.String("target", "127.0.0.1:50051", "`host:port` of grpc-server")
	proto := flag.String("proto", "", "proto `file`; without it the server is asked by reflection")
	timeout := flag.Duration("timeout", 30*time.Second, "limit of the whole command")
	window := flag.Int("window", 0, "bytes of a fixed HTTP/2 window; 0 leaves it to the library")
	count := flag.Int("count", 1, "updates after which subscribe ends; 0: never")
	connections := flag.Int("connections", 1, "connections of fanout and stall")
	streams := flag.Int("streams", 1, "subscriptions on each connection of fanout and stall")
	until := flag.Int64("until", 1, "last revision that fanout reads")
	flag.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}

	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	client := &client{target: *target, window: int32(*window)}
	conn, err := client.dial()
	if command := flag.Arg(0); err == nil && command != "health" && command != "services" {
		client.methods, err = learn(ctx, conn, *proto)
	}
	if err == nil {
		arguments := flag.Args()[1:]
		switch flag.Arg(0) {
		case "register":
			err = client.register(ctx, conn, arguments)
		case "subscribe":
			err = client.subscribe(ctx, conn, arguments, *count)
		case "fanout":
			err = client.fanout(ctx, *connections, *streams, *until)
		case "stall":
			err = client.stall(ctx, *connections, *streams)
		case "health":
			err = health(ctx, conn)
		case "services":
			err = services(ctx, conn)
		default:
			flag.Usage()
			os.Exit(2)
		}
	}
	if err != nil {
		say(map[string]any{
			"event": "error", "code": status.Code(err).String(), "message": err.Error(), "details": details(err)})
		os.Exit(1)
	}
}

// details are those of google.rpc, in protobuf's JSON.
func details(err error) []json.RawMessage {
	all := []json.RawMessage{}
	for _, detail := range status.Convert(err).Proto().GetDetails() {
		all = append(all, plain(detail))
	}
	return all
}

// say prints an object as one line; os.Stdout is not buffered.
func say(object any) {
	line, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(append(line, '\n'))
}

type client struct {
	target  string
	window  int32
	methods *methods
}

func (c *client) dial() (*grpc.ClientConn, error) {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(16 << 20)),
	}
	if c.window > 0 {
		options = append(options, grpc.WithStaticStreamWindowSize(c.window), grpc.WithStaticConnWindowSize(c.window))
	}
	return grpc.NewClient(c.target, options...)
}

func (c *client) register(ctx context.Context, conn *grpc.ClientConn, arguments []string) error {
	request, response := c.methods.register.request(), c.methods.register.response()
	if len(arguments) != 2 {
		return fmt.Errorf("register wants ID ENDPOINT")
	}
	set(request, "consumer_id", arguments[0])
	set(request, "endpoint", arguments[1])
	if err := conn.Invoke(ctx, c.methods.register.path, request, response); err != nil {
		return err
	}
	say(map[string]any{"event": "registered", "response": plain(response)})
	return nil
}

// open starts a subscription and returns once the response headers, or the error instead of them, are here.
func (c *client) open(ctx context.Context, conn *grpc.ClientConn, id string, workers []string) (grpc.ClientStream, error) {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, c.methods.subscribe.path)
	if err != nil {
		return nil, err
	}
	request := c.methods.subscribe.request()
	set(request, "consumer_id", id)
	for _, worker := range workers {
		add(request, "worker_names", worker)
	}
	if err := stream.SendMsg(request); err != nil {
		return nil, err
	}
	if err := stream.CloseSend(); err != nil {
		return nil, err
	}
	header, err := stream.Header()
	if err == nil && header == nil { // the status came alone
		err = stream.RecvMsg(c.methods.subscribe.response())
	}
	return stream, err
}

func (c *client) subscribe(ctx context.Context, conn *grpc.ClientConn, arguments []string, count int) error {
	if len(arguments) == 0 {
		return fmt.Errorf("subscribe wants ID [WORKER...]")
	}
	stream, err := c.open(ctx, conn, arguments[0], arguments[1:])
	if err != nil {
		return err
	}
	say(map[string]any{"event": "headers"})
	for received := 0; count == 0 || received < count; received++ {
		update := c.methods.subscribe.response()
		if err := stream.RecvMsg(update); err == io.EOF {
			say(map[string]any{"event": "end"})
			return nil
		} else if err != nil {
			return err
		}
		say(map[string]any{"event": "update", "update": plain(update)})
	}
	return nil
}

func health(ctx context.Context, conn *grpc.ClientConn) error {
	answer, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		return err
	}
	say(map[string]any{"event": "health", "status": answer.GetStatus().String()})
	return nil
}

// plain is a message in protobuf's JSON, fields named as in the proto file, absent ones included.
func plain(message protoMessage) json.RawMessage {
	text, err := protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}.Marshal(message)
	if err != nil {
		panic(err)
	}
	return text
}
