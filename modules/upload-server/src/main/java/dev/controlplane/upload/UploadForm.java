package dev.controlplane.upload;

import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.Names;
import dev.controlplane.server.http.ApiException;
import dev.controlplane.server.http.RequestBody;
import dev.controlplane.upload.UploadServer.UploadLimits;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.apache.commons.fileupload2.core.FileUploadException;
import org.apache.commons.fileupload2.core.FileUploadSizeException;
import org.apache.commons.fileupload2.core.MultipartInput;

/**
 * An upload as a form: multipart/form-data (RFC 7578) with the text fields {@code filename} and
 * {@code version} and the file in {@code file}, in any order. Other fields are ignored. The file is
 * streamed to the blob store while it is read. The filename in the file's part is ignored.
 */
final class UploadForm implements Closeable {
  /** The size of the parser's buffer, which exists as long as the form is being received. */
  private static final int PARSER_BUFFER = 32 * 1024;

  private static final int FIRST_READ = 4 * 1024;
  private static final int MAX_BOUNDARY = 70; // RFC 2046, section 5.1.1

  private final UploadLimits limits;
  private final BlobStore blobs;
  private String filename;
  private String version;
  private BlobStore.Upload file;
  private String contentType = "";

  private UploadForm(UploadLimits limits, BlobStore blobs) {
    this.limits = limits;
    this.blobs = blobs;
  }

  /**
   * Returns the boundary between the parts.
   *
   * @throws ApiException 415 if the body is not multipart/form-data, 400 without a boundary
   */
  static byte[] boundary(ServerRequestHeaders headers) {
    String type = headers.first(HeaderNames.CONTENT_TYPE).orElse("");
    if (!type.split(";", 2)[0].strip().equalsIgnoreCase("multipart/form-data")) {
      throw ApiException.of(
              415,
              "not_multipart",
              (type.isEmpty() ? "Content-Type is missing" : "Content-Type is \"" + type + "\"")
                  + "; expected: multipart/form-data with the fields filename, version and file")
          .with("Accept-Post", "multipart/form-data");
    }
    String boundary = Parameters.parse(type).get("boundary");
    if (boundary == null || boundary.isEmpty() || boundary.length() > MAX_BOUNDARY) {
      throw malformed("Content-Type has no boundary of 1 to " + MAX_BOUNDARY + " characters");
    }
    return boundary.getBytes(StandardCharsets.ISO_8859_1);
  }

  /**
   * Reads a form to its end. The caller must close it in every case.
   *
   * @throws ApiException 400 for a form that is malformed, or lacks or repeats a field; 413 for a
   *     file above the limit
   */
  static UploadForm read(RequestBody body, byte[] boundary, UploadLimits limits, BlobStore blobs) {
    UploadForm form = new UploadForm(limits, blobs);
    try {
      form.readParts(body, boundary);
      return form;
    } catch (FileUploadSizeException e) {
      form.close();
      throw malformed("a part's header is longer than " + limits.maxPartHeaderBytes() + " bytes");
    } catch (FileUploadException e) {
      form.close();
      throw malformed("the parts don't follow the boundary that Content-Type names");
    } catch (IOException e) {
      form.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException | Error e) {
      form.close();
      throw e;
    }
  }

  private void readParts(RequestBody body, byte[] boundary) throws IOException {
    MultipartInput parts =
        MultipartInput.builder()
            .setInputStream(new UnpaddedBoundaries(body, boundary))
            .setBoundary(boundary)
            .setBufferSize(PARSER_BUFFER)
            .setMaxPartHeaderSize(limits.maxPartHeaderBytes())
            .get();
    parts.setHeaderCharset(StandardCharsets.UTF_8);
    boolean more = parts.skipPreamble();
    if (!more) {
      throw malformed("there is no part between boundaries as Content-Type names them");
    }
    for (int count = 1; more; count++) {
      if (count > limits.maxParts()) {
        throw malformed("the form has more than " + limits.maxParts() + " parts");
      }
      readPart(parts);
      more = parts.readBoundary();
    }
    body.copyTo((bytes, offset, length) -> {}); // the epilogue, which is ignored
    require("filename", filename);
    require("version", version);
    require("file", file);
  }

  private void readPart(MultipartInput parts) throws IOException {
    PartHeader header = PartHeader.parse(parts.readHeaders());
    InputStream content = parts.newInputStream();
    switch (header.field()) {
      case "filename" -> filename = Names.checked("filename", once(header, filename, content));
      case "version" -> version = Names.checked("version", once(header, version, content));
      case "file" -> receive(header, content);
      default -> {
        // Other fields are ignored.
      }
    }
    // Skips the rest of the part. Not done after an error.
    content.close();
  }

  private void receive(PartHeader header, InputStream content) throws IOException {
    if (file != null) {
      throw twice("file");
    }
    header.requirePlainBytes();
    contentType = header.contentType();
    file = blobs.receive();
    byte[] buffer = new byte[FIRST_READ];
    int length;
    while ((length = content.read(buffer)) >= 0) {
      if (file.size() + length > limits.maxFileBytes()) {
        throw limits.tooLarge();
      }
      file.write(buffer, 0, length);
      if (length == buffer.length && length < PARSER_BUFFER) {
        buffer = new byte[PARSER_BUFFER];
      }
    }
  }

  private String once(PartHeader header, String before, InputStream content) throws IOException {
    String field = header.field();
    if (before != null) {
      throw twice(field);
    }
    header.requirePlainBytes();
    Charset charset = header.charset();
    byte[] value = content.readNBytes(limits.maxFieldBytes() + 1);
    if (value.length > limits.maxFieldBytes()) {
      throw ApiException.badRequest(
          "invalid_field",
          field + " is too long; expected: at most " + limits.maxFieldBytes() + " bytes");
    }
    try {
      return charset.newDecoder().decode(ByteBuffer.wrap(value)).toString();
    } catch (CharacterCodingException e) {
      throw ApiException.badRequest(
          "invalid_field", field + " is not " + charset + "; expected: UTF-8");
    }
  }

  private static ApiException twice(String field) {
    return ApiException.badRequest(
        "repeated_field", field + " is there twice; expected: each field once");
  }

  private static void require(String field, Object value) {
    if (value == null) {
      throw ApiException.badRequest(
          "missing_field", field + " is missing; expected: the fields filename, version and file");
    }
  }

  static ApiException malformed(String what) {
    return ApiException.badRequest(
        "malformed_form", what + "; expected: multipart/form-data as in RFC 7578");
  }

  String filename() {
    return filename;
  }

  String version() {
    return version;
  }

  BlobStore.Upload file() {
    return file;
  }

  /** The media type of the file's part; empty if it has none. */
  String contentType() {
    return contentType;
  }

  @Override
  public void close() {
    if (file != null) {
      file.close();
    }
  }
}
