package dev.controlplane.client;

import java.net.http.HttpRequest.BodyPublisher;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.Flow;

/** A request body that is hashed and counted while it is sent. */
final class HashingBody implements BodyPublisher {
  private final BodyPublisher source;
  private final Progress progress;
  private volatile Passage latest;

  HashingBody(BodyPublisher source, Progress progress) {
    this.source = source;
    this.progress = progress;
    this.latest = new Passage(null);
  }

  @Override
  public long contentLength() {
    return source.contentLength();
  }

  /** Starts from the first byte: the HTTP client may send a request again. */
  @Override
  public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
    Passage passage = new Passage(subscriber);
    latest = passage;
    source.subscribe(passage);
  }

  /** How many bytes have been handed to the connection. */
  long sent() {
    return latest.sent;
  }

  /** SHA-256 of what was sent, 64 lower-case hex digits; to be asked once, after the answer. */
  String checksum() {
    Passage passage = latest;
    // Reading the volatile count makes the digest's state visible here.
    return passage.sent < 0 ? "" : HexFormat.of().formatHex(passage.digest.digest());
  }

  private final class Passage implements Flow.Subscriber<ByteBuffer> {
    private final Flow.Subscriber<? super ByteBuffer> target;
    private final MessageDigest digest = Sha256.start();
    private volatile long sent;

    Passage(Flow.Subscriber<? super ByteBuffer> target) {
      this.target = target;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      target.onSubscribe(subscription);
    }

    @Override
    public void onNext(ByteBuffer buffer) {
      int length = buffer.remaining();
      digest.update(buffer.duplicate());
      long now = sent + length;
      sent = now;
      progress.at(now, contentLength());
      target.onNext(buffer);
    }

    @Override
    public void onError(Throwable failure) {
      target.onError(failure);
    }

    @Override
    public void onComplete() {
      target.onComplete();
    }
  }
}
