package dev.controlplane.pprof.servlet;

import dev.controlplane.pprof.http.ApiContract;

/** What a program may use of the adapter for servlets. */
final class ServletApiTest extends ApiContract {
  ServletApiTest() {
    super("pprof-servlet");
  }
}
