package dev.controlplane.consumer;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client over HTTP/2 that asks for a profile and takes nothing of it. */
class SlowProfileReaderTest {
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int WHOLE = 5;
  private static final int CANCEL = 8;

  private static ConsumerFixture fixture;
  private static URI server;

  @BeforeAll
  static void setUp() {
    fixture = ConsumerFixture.start("WRITE_TIMEOUT", "PT0.5S");
    server = fixture.server();
  }

  @AfterAll
  static void close() throws Exception {
    fixture.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"goroutine", "goroutine?debug=2", "heap", "threadcreate?debug=1"})
  void isCutOffLikeOneOverHttp1AndItsOtherRequestsAreAnswered(String profile) throws IOException {
    try (Socket socket = new Socket(server.getHost(), server.getPort())) {
      socket.setSoTimeout(30_000);
      OutputStream out = socket.getOutputStream();
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
      // SETTINGS_INITIAL_WINDOW_SIZE: 0.
      send(out, SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 0, 0});
      send(out, HEADERS, WHOLE, 1, get("/debug/pprof/" + profile));
      DataInputStream in = new DataInputStream(socket.getInputStream());
      assertEquals(CANCEL, await(in, RST_STREAM, 1)[3]);
      send(out, HEADERS, WHOLE, 3, get("/health"));
      await(in, HEADERS, 3);
    }
  }

  private static byte[] get(String path) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (String[] field :
        new String[][] {
          {":method", "GET"}, {":scheme", "http"}, {":path", path}, {":authority", "localhost"}
        }) {
      block.write(0);
      for (String text : field) {
        block.write(text.length());
        block.writeBytes(text.getBytes(US_ASCII));
      }
    }
    return block.toByteArray();
  }

  private static void send(OutputStream out, int type, int flags, int stream, byte[] payload)
      throws IOException {
    out.write(new byte[] {0, 0, (byte) payload.length, (byte) type, (byte) flags, 0, 0, 0});
    out.write(stream);
    out.write(payload);
  }

  /** The payload of the next such frame. */
  private static byte[] await(DataInputStream in, int type, int stream) throws IOException {
    while (true) {
      int lengthAndType = in.readInt();
      in.readByte();
      int id = in.readInt();
      byte[] payload = new byte[lengthAndType >>> 8];
      in.readFully(payload);
      if ((lengthAndType & 0xff) == type && id == stream) {
        return payload;
      }
    }
  }
}
