package dev.controlplane.client.cli;

/** What the process tells the one who started it. */
public final class ExitCode {
  public static final int OK = 0;
  public static final int FAILED = 1;
  static final int USAGE = 2;
  static final int UNREACHABLE = 3;
  static final int NOT_FOUND = 4;
  static final int CONFLICT = 5;
  static final int DAMAGED = 6;
  public static final int NOT_ACTIVE = 7;
  static final int INTERRUPTED = 130;

  /** As a shell tells of a program that SIGPIPE has ended. */
  static final int NO_READER = 141;

  /** For the help: code, colon, meaning. */
  static final String[] TABLE = {
    "0:Done.",
    "1:Failed for a reason that is not listed here.",
    "2:Wrong usage: an option, a name or a value that is not allowed.",
    "3:A server can't be reached, or the connection broke.",
    "4:No such worker or version.",
    "5:Conflict: the version exists with other bytes.",
    "6:The bytes do not have their SHA-256; nothing was kept.",
    "7:Not active at enough consumers (upload --wait-active).",
    "130:Interrupted.",
    "141:The reader of standard output is gone, such as head that has enough."
  };

  private ExitCode() {}
}
