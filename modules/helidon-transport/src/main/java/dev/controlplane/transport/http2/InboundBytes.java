package dev.controlplane.transport.http2;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * The memory that calls hold which their clients have begun to send, on one listener: each message
 * that is not whole, and the request of a call whose client may send only one, until the client has
 * ended it. It is bounded for each connection and for all together; a call that would go over a
 * bound ends with RESOURCE_EXHAUSTED.
 */
public final class InboundBytes {
  private final long mostOfConnection;
  private final long most;
  private final AtomicLong held = new AtomicLong();
  private final LongAdder refusedOfConnection = new LongAdder();
  private final LongAdder refusedForAll = new LongAdder();

  public InboundBytes(long mostOfConnection, long most) {
    this.mostOfConnection = mostOfConnection;
    this.most = most;
  }

  /** How many bytes are held now. */
  public long held() {
    return held.get();
  }

  /** How many calls were ended because there was no room for their message. */
  public long refused() {
    return refusedOfConnection.sum() + refusedForAll.sum();
  }

  /** How many of them because their connection had as many bytes as it may. */
  public long refusedOfConnection() {
    return refusedOfConnection.sum();
  }

  /** How many of them because all connections together had as many bytes as they may. */
  public long refusedForAll() {
    return refusedForAll.sum();
  }

  /** Those of one more connection. */
  OfConnection connection() {
    return new OfConnection();
  }

  /** Those of one connection. */
  public final class OfConnection {
    private final AtomicLong ofConnection = new AtomicLong();

    /**
     * Takes bytes.
     *
     * @return why there is no room, or null if there is
     */
    public String take(long bytes) {
      if (!add(ofConnection, bytes, mostOfConnection)) {
        refusedOfConnection.increment();
        return noRoom("this connection has", mostOfConnection, "INBOUND_BYTES_PER_CONNECTION");
      }
      if (!add(held, bytes, most)) {
        ofConnection.addAndGet(-bytes);
        refusedForAll.increment();
        return noRoom("all connections have", most, "INBOUND_BYTES");
      }
      return null;
    }

    public void give(long bytes) {
      ofConnection.addAndGet(-bytes);
      held.addAndGet(-bytes);
    }
  }

  /**
   * @param setting of the server, as its operator knows it
   */
  private static String noRoom(String whose, long bound, String setting) {
    return "the messages that "
        + whose
        + " begun to send would have more than "
        + bound
        + " bytes ("
        + setting
        + "); end other calls first, or try again";
  }

  private static boolean add(AtomicLong count, long bytes, long most) {
    while (true) {
      long before = count.get();
      if (before + bytes > most) {
        return false;
      }
      if (count.compareAndSet(before, before + bytes)) {
        return true;
      }
    }
  }
}
