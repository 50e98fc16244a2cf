package dev.controlplane.pprof.http;

/** What a program may use of the library over HTTP. */
final class HttpApiTest extends ApiContract {
  HttpApiTest() {
    super("pprof-http");
  }
}
