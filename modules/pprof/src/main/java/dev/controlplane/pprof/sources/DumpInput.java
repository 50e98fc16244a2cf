package dev.controlplane.pprof.sources;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Opens a text as UTF-8, whatever it is: gzipped, or in UTF-16, as PowerShell writes what it
 * redirects to a file. A byte order mark of UTF-8 is left to the reader.
 */
final class DumpInput {
  private static final int BUFFER = 1 << 16;

  private DumpInput() {}

  static InputStream open(InputStream in) throws IOException {
    var buffered = new BufferedInputStream(in, BUFFER);
    int[] first = first(buffered);
    if (first[0] == 0x1f && first[1] == 0x8b) {
      return utf8(new BufferedInputStream(new Unzipped(buffered), BUFFER));
    }
    return utf8(buffered);
  }

  private static InputStream utf8(BufferedInputStream in) throws IOException {
    int[] first = first(in);
    boolean bigEndian =
        (first[0] == 0xfe && first[1] == 0xff) || (first[0] == 0 && first[1] == '{');
    boolean littleEndian =
        (first[0] == 0xff && first[1] == 0xfe) || (first[0] == '{' && first[1] == 0);
    if (!bigEndian && !littleEndian) {
      return in;
    }
    if (first[0] >= 0xfe) {
      in.skipNBytes(2);
    }
    return new Transcoded(in, bigEndian ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_16LE);
  }

  /** The first two bytes; -1 beyond the end. */
  private static int[] first(BufferedInputStream in) throws IOException {
    in.mark(2);
    int[] first = {in.read(), in.read()};
    in.reset();
    return first;
  }

  /** Ends where the compressed data end or are damaged; the reader notices what is missing. */
  private static final class Unzipped extends FilterInputStream {
    private boolean damaged;

    Unzipped(InputStream in) throws IOException {
      super(new GZIPInputStream(in, BUFFER));
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (damaged) {
        return -1;
      }
      try {
        return in.read(bytes, offset, length);
      } catch (EOFException | ZipException e) {
        damaged = true;
        return -1;
      }
    }
  }

  /** The same text in UTF-8. */
  private static final class Transcoded extends InputStream {
    private final Reader reader;
    private final CharsetEncoder encoder =
        StandardCharsets.UTF_8
            .newEncoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final CharBuffer chars = CharBuffer.allocate(BUFFER / 4).limit(0);
    private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER).limit(0);
    private boolean atEnd;

    Transcoded(InputStream in, Charset charset) {
      this.reader = new InputStreamReader(in, charset);
    }

    @Override
    public int read() throws IOException {
      return fill() ? bytes.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!fill()) {
        return -1;
      }
      int count = Math.min(length, bytes.remaining());
      bytes.get(target, offset, count);
      return count;
    }

    private boolean fill() throws IOException {
      while (!bytes.hasRemaining() && !atEnd) {
        chars.compact();
        atEnd = reader.read(chars) < 0;
        chars.flip();
        bytes.clear();
        encoder.encode(chars, bytes, atEnd);
        bytes.flip();
      }
      return bytes.hasRemaining();
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }
}
