package dev.controlplane.pprof.helidon;

import dev.controlplane.pprof.http.ApiContract;

/** What a program may use of the adapter for Helidon. */
final class HelidonApiTest extends ApiContract {
  HelidonApiTest() {
    super("pprof-helidon");
  }
}
