package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	streamWindow     = 64 << 10 // bytes that the server may send on a stream before it is given more: grpc-go's first window
	connectionWindow = 4 << 20
	again            = 50 * time.Millisecond // before a stream or a connection that ended is opened again
)

// A wireStream is what a stream of a wire is opened for.
type wireStream interface {
	// request is the gRPC message that opens the stream, or opens it again where it goes on.
	request() []byte
	// take takes one gRPC message, whose bytes are valid until it returns. done ends the stream.
	take(message []byte) (done bool, err error)
}

// A wire is one HTTP/2 connection with many gRPC streams, all read by one goroutine. grpc-go wakes one goroutine for each message of
// each stream and so takes more of the cores than the server that is measured; a wire parses frames and calls take.
type wire struct {
	target string
	conn   net.Conn
	framer *http2.Framer
	heads  *hpack.Encoder
	head   bytes.Buffer
	next   uint32
	open   map[uint32]*wireCall
	unsaid int // bytes of DATA since the connection's window was last given back
}

type wireCall struct {
	stream  wireStream
	partial []byte // the beginning of a message
	unsaid  int    // bytes of DATA since the stream's window was last given back
}

// readWire reads streams over one connection until each is done, and opens what ends before again. It returns early if ctx ends.
func readWire(ctx context.Context, target string, streams []wireStream) error {
	left := streams
	for len(left) > 0 && ctx.Err() == nil {
		w := &wire{target: target, next: 1, open: map[uint32]*wireCall{}}
		var err error
		if left, err = w.run(ctx, left); err != nil {
			return err
		}
		if len(left) > 0 {
			pause(ctx)
		}
	}
	return nil
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(again):
	}
}

// run connects, opens the streams, and reads until all are done or the connection is gone. It returns those that are not done.
func (w *wire) run(ctx context.Context, streams []wireStream) (left []wireStream, err error) {
	conn, err := net.Dial("tcp", w.target)
	if err != nil {
		return streams, nil
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	w.conn = conn
	w.framer = http2.NewFramer(conn, bufio.NewReaderSize(conn, 256<<10))
	w.framer.SetReuseFrames()
	w.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	w.heads = hpack.NewEncoder(&w.head)
	ended := w.begin(streams)
	var fault error
	for ended == nil && fault == nil && len(w.open) > 0 {
		var frame http2.Frame
		if frame, ended = w.framer.ReadFrame(); ended == nil {
			ended, fault = w.handle(ctx, frame)
		}
	}
	for _, call := range w.open {
		left = append(left, call.stream)
	}
	return left, fault
}

func (w *wire) begin(streams []wireStream) error {
	if _, err := io.WriteString(w.conn, http2.ClientPreface); err != nil {
		return err
	}
	if err := w.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: streamWindow}); err != nil {
		return err
	}
	if err := w.framer.WriteWindowUpdate(0, connectionWindow-65535); err != nil {
		return err
	}
	for _, stream := range streams {
		// Whatever fails from here on leaves the stream among those that are not done.
		w.call(stream)
	}
	return nil
}

// call opens a stream. An error of the connection shows at the next read.
func (w *wire) call(stream wireStream) {
	id := w.next
	w.next += 2
	w.open[id] = &wireCall{stream: stream}
	w.head.Reset()
	for _, field := range [][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":path", method}, {":authority", w.target},
		{"content-type", "application/grpc"}, {"te", "trailers"},
	} {
		w.heads.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
	}
	w.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: w.head.Bytes(), EndHeaders: true})
	message := stream.request()
	w.framer.WriteData(id, true, append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...))
}

// handle tells apart what ends the connection, which is opened again, from what is wrong.
func (w *wire) handle(ctx context.Context, frame http2.Frame) (ended, fault error) {
	id := frame.Header().StreamID
	switch f := frame.(type) {
	case *http2.DataFrame:
		return w.data(id, f)
	case *http2.MetaHeadersFrame:
		if f.StreamEnded() {
			return nil, w.over(ctx, id, f)
		}
	case *http2.RSTStreamFrame:
		return nil, w.over(ctx, id, nil)
	case *http2.SettingsFrame:
		if !f.IsAck() {
			return w.framer.WriteSettingsAck(), nil
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			return w.framer.WritePing(true, f.Data), nil
		}
	case *http2.GoAwayFrame:
		return io.EOF, nil
	}
	return nil, nil
}

// over opens a stream again that the server has ended for now.
func (w *wire) over(ctx context.Context, id uint32, trailers *http2.MetaHeadersFrame) error {
	call := w.open[id]
	if call == nil {
		return nil
	}
	delete(w.open, id)
	if trailers != nil {
		for _, field := range trailers.RegularFields() {
			// CANCELLED, RESOURCE_EXHAUSTED, INTERNAL and UNAVAILABLE pass.
			if field.Name == "grpc-status" && field.Value != "0" && field.Value != "1" && field.Value != "8" && field.Value != "13" && field.Value != "14" {
				return fmt.Errorf("a stream ended with grpc-status %s", field.Value)
			}
		}
	}
	pause(ctx)
	w.call(call.stream)
	return nil
}

func (w *wire) data(id uint32, frame *http2.DataFrame) (ended, fault error) {
	w.unsaid += int(frame.Length)
	if w.unsaid >= connectionWindow/2 {
		if err := w.framer.WriteWindowUpdate(0, uint32(w.unsaid)); err != nil {
			return err, nil
		}
		w.unsaid = 0
	}
	call := w.open[id]
	if call == nil {
		return nil, nil
	}
	done, err := call.split(frame.Data())
	if err != nil {
		return nil, err
	}
	if done {
		delete(w.open, id)
		return w.framer.WriteRSTStream(id, http2.ErrCodeCancel), nil
	}
	if call.unsaid += int(frame.Length); call.unsaid >= streamWindow/2 {
		unsaid := call.unsaid
		call.unsaid = 0
		return w.framer.WriteWindowUpdate(id, uint32(unsaid)), nil
	}
	return nil, nil
}

// split hands on each whole message of the bytes that have come, and keeps the rest.
func (c *wireCall) split(data []byte) (done bool, err error) {
	if len(c.partial) > 0 {
		c.partial = append(c.partial, data...)
		data = c.partial
	}
	for len(data) >= 5 && !done && err == nil {
		length := 5 + int(binary.BigEndian.Uint32(data[1:5]))
		switch {
		case data[0] != 0:
			return false, fmt.Errorf("a message with flag %d", data[0])
		case length > maxMessage:
			return false, fmt.Errorf("a message of %d bytes", length)
		case length > len(data):
			c.partial = append(c.partial[:0], data...)
			return false, nil
		}
		done, err = c.stream.take(data[5:length])
		data = data[length:]
	}
	c.partial = append(c.partial[:0], data...)
	return done, err
}
