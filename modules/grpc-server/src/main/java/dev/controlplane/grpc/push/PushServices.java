package dev.controlplane.grpc.push;

import dev.controlplane.catalog.Consumers;
import dev.controlplane.grpc.reports.LastSeen;
import dev.controlplane.grpc.reports.SentTimes;
import dev.controlplane.server.EventLog;

/**
 * What every stream of updates uses besides the log.
 *
 * @param settings the settings of pushing
 * @param consumers the stored facts about consumers
 * @param lastSeen records sightings of consumers
 * @param sentTimes records when updates were sent
 * @param metrics the metrics of pushing
 * @param events the server's log
 */
public record PushServices(
    PushSettings settings,
    Consumers consumers,
    LastSeen lastSeen,
    SentTimes sentTimes,
    PushMetrics metrics,
    EventLog events) {}
