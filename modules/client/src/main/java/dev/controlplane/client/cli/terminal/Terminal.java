package dev.controlplane.client.cli.terminal;

import java.util.Map;

/** Whether the streams of a process lead to a terminal, and what that terminal can show. */
public interface Terminal {
  int STDIN = 0;
  int STDOUT = 1;
  int STDERR = 2;

  /** No stream leads to a terminal. */
  Terminal NONE =
      new Terminal() {
        @Override
        public boolean is(int descriptor) {
          return false;
        }

        @Override
        public int columns() {
          return 0;
        }
      };

  /** Whether a stream is a terminal; false if that is unknown. */
  boolean is(int descriptor);

  /** The width in columns of the terminal that shows standard output; 0 if unknown. */
  int columns();

  /**
   * Whether only plain lines are wanted: NO_COLOR is set (https://no-color.org), or TERM is dumb.
   */
  static boolean isPlain(Map<String, String> environment) {
    return !environment.getOrDefault("NO_COLOR", "").isEmpty()
        || environment.getOrDefault("TERM", "").equals("dumb");
  }
}
