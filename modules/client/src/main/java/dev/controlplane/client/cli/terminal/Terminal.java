package dev.controlplane.client.cli.terminal;

import java.util.Map;

/** What the streams of a process lead to: a terminal where somebody looks, or something else. */
public interface Terminal {
  int STDIN = 0;
  int STDOUT = 1;
  int STDERR = 2;

  /** Nobody looks at any stream. */
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

  /** Whether a stream is a terminal. False where that can't be found out. */
  boolean is(int descriptor);

  /** The width of the terminal that shows standard output; 0 where that can't be found out. */
  int columns();

  /** Whether nothing but plain lines is wanted, by https://no-color.org and for dumb terminals. */
  static boolean isPlain(Map<String, String> environment) {
    return !environment.getOrDefault("NO_COLOR", "").isEmpty()
        || environment.getOrDefault("TERM", "").equals("dumb");
  }
}
