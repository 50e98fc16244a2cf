package dev.controlplane.transport;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.http2.Http2Flag;
import io.helidon.http.http2.Http2FrameData;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2FrameTypes;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2HuffmanDecoder;
import io.helidon.http.http2.Http2Setting;
import io.helidon.http.http2.Http2Stream;

/** Reads the first header block of a connection. */
public final class HeaderText {
  private HeaderText() {}

  public static String of(byte[] block) {
    return Http2Headers.create(
            (Http2Stream) null,
            Http2Headers.DynamicTable.create(Http2Setting.HEADER_TABLE_SIZE.defaultValue()),
            Http2HuffmanDecoder.create(),
            new Http2FrameData(
                Http2FrameHeader.create(
                    block.length,
                    Http2FrameTypes.HEADERS,
                    Http2Flag.HeaderFlags.create(Http2Flag.END_OF_HEADERS),
                    1),
                BufferData.create(block)))
        .toString();
  }
}
