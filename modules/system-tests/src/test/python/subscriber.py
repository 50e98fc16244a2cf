"""A client of the control plane in Python: grpcio, and stubs generated from the proto file at run time.

Takes the same commands as the Go subscriber and prints the same objects, one a line.
"""

import argparse
import importlib
import json
import pathlib
import sys
import tempfile

import grpc
from google.protobuf import json_format
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_tools import protoc


def say(**event):
    print(json.dumps(event), flush=True)


def plain(message):
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


def generate(proto):
    """The messages and the stub of a proto file."""
    proto = pathlib.Path(proto)
    with tempfile.TemporaryDirectory() as out:
        if protoc.main(["protoc", f"-I{proto.parent}", f"--python_out={out}", f"--grpc_python_out={out}", proto.name]):
            raise SystemExit(f"protoc refuses {proto}")
        sys.path.insert(0, out)
        messages = importlib.import_module(f"{proto.stem}_pb2")
        return messages, importlib.import_module(f"{proto.stem}_pb2_grpc").ControlPlaneStub


def register(channel, options):
    messages, stub = generate(options.proto)
    consumer, endpoint = options.arguments
    request = messages.RegisterRequest(consumer_id=consumer, endpoint=endpoint)
    say(event="registered", response=plain(stub(channel).RegisterConsumer(request, timeout=options.timeout)))


def subscribe(channel, options):
    messages, stub = generate(options.proto)
    request = messages.SubscribeRequest(consumer_id=options.arguments[0], worker_names=options.arguments[1:])
    stream = stub(channel).SubscribeWorkerUpdates(request, timeout=options.timeout)
    stream.initial_metadata()  # blocks until the response headers or the status are here
    if stream.is_active():
        say(event="headers")
    received = 0
    for update in stream:
        say(event="update", update=plain(update))
        received += 1
        if received == options.count:
            stream.cancel()
            return
    say(event="end")


def health(channel, options):
    request = health_pb2.HealthCheckRequest()
    answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=options.timeout)
    say(event="health", status=health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def services(channel, options):
    say(event="services", services=list(ProtoReflectionDescriptorDatabase(channel).get_services()))


def main():
    commands = {command.__name__: command for command in (register, subscribe, health, services)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-target", default="127.0.0.1:50051")
    parser.add_argument("-proto", required=True)
    parser.add_argument("-timeout", type=lambda text: float(text.removesuffix("s")), default=30)
    parser.add_argument("-count", type=int, default=1)
    parser.add_argument("command", choices=commands)
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()
    limit = [("grpc.max_receive_message_length", 16 << 20)]
    try:
        with grpc.insecure_channel(options.target, options=limit) as channel:
            commands[options.command](channel, options)
    except grpc.RpcError as failure:
        code = "".join(word.capitalize() for word in failure.code().name.split("_"))
        say(event="error", code=code, message=failure.details())
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
