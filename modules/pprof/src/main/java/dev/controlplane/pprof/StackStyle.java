package dev.controlplane.pprof;

/** How the stacks of {@code debug=2} are spelled. */
public enum StackStyle {
  /** Java's names and files in the grammar of Go's {@code runtime.Stack}. */
  GO,
  /**
   * What panicparse reads: its grammar takes no {@code .java} file name, so files end in {@code
   * .java.go}; packages are written as Go writes import paths ({@code com/example.Worker.run}), and
   * labels are left out, for it would take them as part of the state.
   */
  PANICPARSE
}
