package dev.controlplane.grpc.log;

/** How far the tail is; gives a subscription its goal. */
public interface OfferedRevisions {
  /** The newest revision that is being offered, or was. */
  long revision();

  /** The newest revision of which, and of all before, every offer has been made. */
  long offered();
}
