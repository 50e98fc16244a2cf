"""A client on gRPC's C core: unary calls and a stream of the service lab.Lab, whose messages are bytes."""

import sys

import grpc

with grpc.insecure_channel(sys.argv[1]) as channel:
    echo = channel.unary_unary("/lab.Lab/Echo")
    for size in (0, 1, 1000, 100_000):
        answer = echo(b"x" * size, timeout=20)
        assert answer == b"x" * size, (size, len(answer))

    flood = channel.unary_stream("/lab.Lab/Flood")
    for count, size in ((50, 100_000), (3, 1_100_000), (2000, 100)):
        messages = list(flood(b"%d %d" % (count, size), timeout=60))
        assert [len(m) for m in messages] == [size] * count, (count, size, len(messages))

    subscribe = channel.unary_stream("/lab.Lab/Subscribe")
    for _ in range(100):
        call = subscribe(b"")
        call.initial_metadata()
        call.cancel()

    try:
        channel.unary_unary("/lab.Lab/No")(b"", timeout=20)
        raise AssertionError("an unknown method answered")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error

print("done")
