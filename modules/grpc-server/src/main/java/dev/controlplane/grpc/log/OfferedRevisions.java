package dev.controlplane.grpc.log;

/** The progress of the tail, from which a subscription takes its goal. */
public interface OfferedRevisions {
  /** The newest revision whose offering has begun. */
  long revision();

  /** The newest revision up to which all offers have been made. */
  long offered();
}
