// Streamclient calls the service lab.Lab with messages that are bytes.
//
//	streamclient flood ADDRESS CONNECTIONS STREAMS COUNT SIZE   each stream asks for COUNT messages of SIZE bytes
//	streamclient subscribe ADDRESS CONNECTIONS STREAMS COUNT    each stream reads COUNT messages, or for ever if 0
//
// It prints "open" once every stream has its headers (subscribe), and "done MESSAGES" at the end. A stream that ends
// otherwise than asked for is an error.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

type rawBytes struct{}

func (rawBytes) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }
func (rawBytes) Unmarshal(b []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), b...)
	return nil
}
func (rawBytes) Name() string { return "bytes" }

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	mode, address := args[0], args[1]
	numbers := make([]int, 4)
	for i, arg := range args[2:] {
		var err error
		if numbers[i], err = strconv.Atoi(arg); err != nil {
			return err
		}
	}
	connections, streams, count, size := numbers[0], numbers[1], numbers[2], numbers[3]

	var opened, ended sync.WaitGroup
	errors := make(chan error, connections*streams)
	for range connections {
		connection, err := grpc.NewClient(address,
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.ForceCodec(rawBytes{}), grpc.MaxCallRecvMsgSize(64<<20)))
		if err != nil {
			return err
		}
		defer connection.Close()
		for range streams {
			opened.Add(1)
			ended.Add(1)
			go func() {
				defer ended.Done()
				errors <- read(connection, mode, count, size, opened.Done)
			}()
		}
	}
	opened.Wait()
	fmt.Println("open")
	ended.Wait()
	for range connections * streams {
		if err := <-errors; err != nil {
			return err
		}
	}
	fmt.Println("done", connections*streams*count)
	return nil
}

func read(connection *grpc.ClientConn, mode string, count, size int, opened func()) error {
	method, request := "/lab.Lab/Subscribe", []byte("subscribe")
	if mode == "flood" {
		method, request = "/lab.Lab/Flood", fmt.Appendf(nil, "%d %d", count, size)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, method)
	if err == nil {
		err = stream.SendMsg(&request)
	}
	if err == nil {
		err = stream.CloseSend()
	}
	if err == nil {
		_, err = stream.Header()
	}
	opened()
	if err != nil {
		return err
	}
	var message []byte
	for i := 0; count == 0 || i < count; i++ {
		if err := stream.RecvMsg(&message); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
		if mode == "flood" && len(message) != size {
			return fmt.Errorf("message %d has %d bytes", i, len(message))
		}
	}
	if mode == "flood" {
		if err := stream.RecvMsg(&message); err != io.EOF {
			return fmt.Errorf("end: %v", err)
		}
	}
	return nil
}
