package dev.controlplane.pprof.http;

/** What a program may use of the library itself. */
final class LibraryApiTest extends ApiContract {
  LibraryApiTest() {
    super("pprof");
  }
}
