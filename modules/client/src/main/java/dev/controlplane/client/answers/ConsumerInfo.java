package dev.controlplane.client.answers;

/**
 * What the grpc-server knows of one consumer.
 *
 * @param consumerId who it is
 * @param endpoint where it said it can be reached; empty where it said nothing
 * @param connected whether a stream of it is open
 * @param streams how many are
 * @param lastSeen RFC 3339 in UTC, as the server wrote it; empty where it is not known
 * @param lastRevision the last update it was sent
 */
public record ConsumerInfo(
    String consumerId,
    String endpoint,
    boolean connected,
    int streams,
    String lastSeen,
    long lastRevision) {}
