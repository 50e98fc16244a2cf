package dev.controlplane.transport.http2;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the memory that unfinished requests hold on one listener, and enforces two limits: per
 * connection and in total. A call that would exceed one ends with RESOURCE_EXHAUSTED. Thread-safe.
 *
 * <p>What counts: each incomplete message; and for calls whose client may send only one message,
 * the whole request until the client has ended it.
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

  /** Bytes held now. */
  public long held() {
    return held.get();
  }

  /** How many calls were ended because of either limit. */
  public long refused() {
    return refusedOfConnection.sum() + refusedForAll.sum();
  }

  /** How many of these exceeded the limit of their connection. */
  public long refusedOfConnection() {
    return refusedOfConnection.sum();
  }

  /** How many of these exceeded the limit of all connections together. */
  public long refusedForAll() {
    return refusedForAll.sum();
  }

  /** Creates the counter of a new connection. */
  public OfConnection connection() {
    return new OfConnection();
  }

  /** The counter of one connection. */
  public final class OfConnection {
    private final AtomicLong ofConnection = new AtomicLong();

    /**
     * Reserves bytes.
     *
     * @return why there is no room, as a text for the client; null if the bytes were reserved
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
   * @param setting the name of the limit in the server's settings
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
