package dev.controlplane.client.answers;

/**
 * A consumer, as the grpc-server knows it.
 *
 * @param consumerId the consumer's id
 * @param endpoint as registered; empty for none
 * @param connected whether it has an open stream
 * @param streams the number of open streams
 * @param lastSeen RFC 3339 in UTC, as the server wrote it; empty if unknown
 * @param lastRevision the highest revision sent to it
 */
public record ConsumerInfo(
    String consumerId,
    String endpoint,
    boolean connected,
    int streams,
    String lastSeen,
    long lastRevision) {}
