package dev.controlplane.upload;

import static dev.controlplane.upload.UploadFixture.sha256;
import static dev.controlplane.upload.UploadFixture.utf8;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.upload.UploadFixture.Answer;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Forms as clients may write them (RFC 7578, RFC 2046) beyond what the common ones do. */
@SuppressWarnings("StringConcatToTextBlock") // MIME ends lines with CR LF
class FormWritingTest {
  private static UploadFixture fixture;
  private static int count;

  @BeforeAll
  static void setUp() {
    fixture = UploadFixture.start();
  }

  @AfterAll
  static void close() throws Exception {
    fixture.close();
  }

  private static Answer post(String boundary, byte[] body) {
    return UploadFixture.send(
        HttpRequest.newBuilder(fixture.server().resolve("/upload"))
            .header("Content-Type", "multipart/form-data; boundary=" + boundary)
            .POST(BodyPublishers.ofByteArray(body)));
  }

  /** A form with boundary B, and a worker of its own. */
  private static Answer post(String start, String filePart, String end) {
    return post(
        "B",
        (start
                + "--B\r\nContent-Disposition: form-data; name=\"filename\"\r\n\r\nw"
                + count++
                + "\r\n--B\r\nContent-Disposition: form-data; name=\"version\"\r\n\r\n1\r\n--B\r\n"
                + filePart
                + end)
            .getBytes(ISO_8859_1));
  }

  private static void assertStored(String bytes, Answer answer) {
    assertEquals(200, answer.status(), answer.toString());
    assertEquals(
        sha256(bytes.getBytes(ISO_8859_1)),
        answer.json().path("metadata").path("checksum").asText());
  }

  private static final String FILE_PART =
      "Content-Disposition: form-data; name=\"file\"\r\n\r\nx--B is not alone \r\n -- B\r\n";
  private static final String FILE = "x--B is not alone \r\n -- B";

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\t", "  \t  "})
  void blanksMayFollowEachBoundary(String blanks) {
    for (int i = 0; i < 4; i++) {
      String[] padding = {"", "", "", ""};
      padding[i] = blanks;
      byte[] body =
          ("--B%s\r\nContent-Disposition: form-data; name=\"filename\"\r\n\r\npad%s\r\n--B%s\r\n"
                  + "Content-Disposition: form-data; name=\"version\"\r\n\r\n1\r\n--B%s\r\n"
                  + "Content-Disposition: form-data; name=\"file\"\r\n\r\nhi\r\n--B--%s\r\n")
              .formatted(padding[0], count++, padding[1], padding[2], padding[3])
              .getBytes(ISO_8859_1);
      assertStored("hi", post("B", body));
    }
  }

  @Test
  void aFormHasAPreambleAndAnEpilogue() {
    assertStored(
        FILE,
        post("A form for old readers.\r\n\r\n", FILE_PART, "--B--\r\nthe end\r\n--B\r\nno part"));
    assertStored(FILE, post("\r\n", FILE_PART, "--B-- \t"));
    assertStored(
        FILE, post("x".repeat(100_000) + "\r\n", FILE_PART, "--B--" + "y".repeat(100_000)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Disposition: form-data;\r\n name=\"file\";\r\n\tfilename=\"a\"",
        "Content-Disposition:\r\n form-data; name=\"file\"",
        "CONTENT-DISPOSITION: form-data; filename=\"C:\\\"; NAME=\"file\"",
        "Content-Disposition: form-data; filename=\"%22a%0D%0A.js\"; name=\"file\"",
        "Content-Disposition: form-data; filename*=UTF-8''%e2%82%ac; name=file",
        "Content-Disposition: form-data; filename=\"\u00fc.js\"; name=\"file\"",
        "X-Other: 1\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name=\"file\"",
        "Content-Disposition: form-data; name=\"file\"\r\nContent-Transfer-Encoding: Binary",
        "Content-Disposition: form-data; name=\"file\"\r\nContent-Transfer-Encoding: 8bit",
      })
  void thePartOfTheFileIsFoundHoweverItsHeaderIsWritten(String header) {
    assertStored("hi", post("", header + "\r\n\r\nhi\r\n", "--B--\r\n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"base64", "Quoted-Printable", "x-own"})
  void encodedBytesAreNotStoredAsIfTheyWereTheFile(String encoding) {
    String header =
        "Content-Disposition: form-data; name=\"file\"\r\nContent-Transfer-Encoding: " + encoding;

    Answer answer = post("", header + "\r\n\r\naGk=\r\n", "--B--\r\n");

    assertEquals(415, answer.status());
    assertEquals("unsupported_encoding", answer.error());
    fixture.awaitNoLeftovers();
  }

  @ParameterizedTest
  @CsvSource({
    "text/plain; charset=ISO-8859-1, 200",
    "text/plain;CharSet=\"iso-8859-1\", 200",
    "text/plain; charset=nothing, 400",
    "text/plain; charset=UTF-8, 400",
    "text/plain, 400",
  })
  void aTextFieldIsInTheCharsetThatItsPartNames(String type, int status) {
    byte[] body =
        ("--B\r\nContent-Disposition: form-data; name=\"filename\"\r\nContent-Type: "
                + type
                + "\r\n\r\ngr\u00f6\u00dfe"
                + "\r\n--B\r\nContent-Disposition: form-data; name=\"version\"\r\n\r\n"
                + count++
                + "\r\n--B\r\n"
                + FILE_PART
                + "--B--\r\n")
            .getBytes(ISO_8859_1);

    Answer answer = post("B", body);

    assertEquals(status, answer.status(), answer.toString());
    if (status == 200) {
      assertEquals("gr\u00f6\u00dfe", answer.json().path("metadata").path("filename").asText());
    } else {
      assertEquals("invalid_field", answer.error());
      assertTrue(answer.message().endsWith("expected: UTF-8"), answer.message());
    }
  }

  /** Each character that RFC 2046, section 5.1.1, allows, and the longest. */
  @Test
  void aBoundaryHasUpTo70Characters() {
    String longest = "'()+_,-./:=? 0aZ".repeat(5).substring(0, 69) + "B";
    byte[] file = new byte[200_000];
    new Random(1).nextBytes(file);
    String bytes = new String(file, ISO_8859_1) + "\r\n--" + longest.substring(0, 69);
    String form =
        ("--BOUNDARY\r\nContent-Disposition: form-data; name=\"filename\"\r\n\r\nlong\r\n"
                + "--BOUNDARY \t\r\nContent-Disposition: form-data; name=\"version\"\r\n\r\n1\r\n"
                + "--BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nFILE\r\n"
                + "--BOUNDARY--\r\n")
            .replace("FILE", bytes)
            .replace("BOUNDARY", longest);

    assertStored(bytes, post('"' + longest + '"', form.getBytes(ISO_8859_1)));
    assertEquals(400, post('"' + longest + "x\"", utf8("--" + longest + "x--\r\n")).status());
  }

  @ParameterizedTest
  @ValueSource(strings = {" x", " --", "x", "\t-"})
  void somethingElseBehindABoundaryIsMalformed(String rest) {
    Answer answer = post("", FILE_PART, "--B" + rest + "\r\n\r\nmore\r\n--B--\r\n");

    assertEquals(400, answer.status(), answer.toString());
    assertEquals("malformed_form", answer.error());
    fixture.awaitNoLeftovers();
  }
}
