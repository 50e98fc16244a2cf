package dev.controlplane.pprof;

/**
 * The spelling of the stacks of {@code debug=2}.
 *
 * @since 0.1.0
 */
public enum StackStyle {
  /** Java's names and files in the grammar of Go's {@code runtime.Stack}. */
  GO,
  /**
   * A spelling that panicparse can read. Its grammar accepts no {@code .java} file names, so files
   * end in {@code .java.go}. Packages are written like Go import paths ({@code
   * com/example.Worker.run}). Labels are omitted, because panicparse would read them as part of the
   * state.
   */
  PANICPARSE
}
