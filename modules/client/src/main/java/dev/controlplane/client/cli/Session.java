package dev.controlplane.client.cli;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;

/**
 * What a command has to do with: its streams and its environment.
 *
 * @param in where {@code -} as a file is read from
 * @param out results, and nothing else; where it throws, the command ends
 * @param err everything for people that is not the result
 * @param environment variables by name
 */
public record Session(
    InputStream in, OutputStream out, PrintStream err, Map<String, String> environment) {}
