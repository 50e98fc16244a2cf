package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"google.golang.org/grpc"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

const service = "controlplane.ControlPlane"

type protoMessage = proto.Message

type method struct {
	path       string
	descriptor protoreflect.MethodDescriptor
}

func (m method) request() *dynamicpb.Message  { return dynamicpb.NewMessage(m.descriptor.Input()) }
func (m method) response() *dynamicpb.Message { return dynamicpb.NewMessage(m.descriptor.Output()) }

type methods struct {
	register, subscribe method
}

// learn reads the service's description from a proto file, or from the server where there is none.
func learn(ctx context.Context, conn *grpc.ClientConn, file string) (*methods, error) {
	var found protoreflect.Descriptor
	var err error
	if file != "" {
		found, err = compile(ctx, file)
	} else {
		found, err = reflected(ctx, conn)
	}
	if err != nil {
		return nil, err
	}
	described, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, fmt.Errorf("%s is no service", service)
	}
	return &methods{register: named(described, "RegisterConsumer"), subscribe: named(described, "SubscribeWorkerUpdates")}, nil
}

func named(described protoreflect.ServiceDescriptor, name protoreflect.Name) method {
	return method{path: "/" + service + "/" + string(name), descriptor: described.Methods().ByName(name)}
}

func compile(ctx context.Context, file string) (protoreflect.Descriptor, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, err
	}
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(
		&protocompile.SourceResolver{ImportPaths: []string{filepath.Dir(file)}})}
	files, err := compiler.Compile(ctx, filepath.Base(file))
	if err != nil {
		return nil, err
	}
	return files.AsResolver().FindDescriptorByName(service)
}

func reflected(ctx context.Context, conn *grpc.ClientConn) (protoreflect.Descriptor, error) {
	answer, err := ask(ctx, conn, &grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service}})
	if err != nil {
		return nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	for _, encoded := range answer.GetFileDescriptorResponse().GetFileDescriptorProto() {
		file := &descriptorpb.FileDescriptorProto{}
		if err := proto.Unmarshal(encoded, file); err != nil {
			return nil, err
		}
		set.File = append(set.File, file)
	}
	var files *protoregistry.Files
	if files, err = protodesc.NewFiles(set); err != nil {
		return nil, err
	}
	return files.FindDescriptorByName(service)
}

func services(ctx context.Context, conn *grpc.ClientConn) error {
	answer, err := ask(ctx, conn, &grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{ListServices: "*"}})
	if err != nil {
		return err
	}
	names := []string{}
	for _, listed := range answer.GetListServicesResponse().GetService() {
		names = append(names, listed.GetName())
	}
	say(map[string]any{"event": "services", "services": names})
	return nil
}

func ask(ctx context.Context, conn *grpc.ClientConn, request *grpc_reflection_v1.ServerReflectionRequest) (
	*grpc_reflection_v1.ServerReflectionResponse, error) {
	stream, err := grpc_reflection_v1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	if err != nil {
		return nil, err
	}
	defer stream.CloseSend()
	if err := stream.Send(request); err != nil {
		return nil, err
	}
	answer, err := stream.Recv()
	if err != nil {
		return nil, err
	}
	if failure := answer.GetErrorResponse(); failure != nil {
		return nil, fmt.Errorf("reflection: %d %s", failure.GetErrorCode(), failure.GetErrorMessage())
	}
	return answer, nil
}

func field(message *dynamicpb.Message, name protoreflect.Name) protoreflect.FieldDescriptor {
	return message.Descriptor().Fields().ByName(name)
}

func set(message *dynamicpb.Message, name protoreflect.Name, value string) {
	message.Set(field(message, name), protoreflect.ValueOfString(value))
}

func add(message *dynamicpb.Message, name protoreflect.Name, value string) {
	message.Mutable(field(message, name)).List().Append(protoreflect.ValueOfString(value))
}
