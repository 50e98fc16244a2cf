package dev.controlplane.grpc;

record Rejection(String version, long revision) {}
