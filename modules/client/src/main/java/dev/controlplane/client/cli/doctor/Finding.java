package dev.controlplane.client.cli.doctor;

/**
 * The result of one check.
 *
 * @param result how it is
 * @param check what was looked at
 * @param message what was found
 * @param advice what to do; empty where nothing is to be done
 */
record Finding(Result result, String check, String message, String advice) {
  enum Result {
    OK,
    WARN,
    FAIL
  }

  static Finding ok(String check, String message) {
    return new Finding(Result.OK, check, message, "");
  }

  static Finding warn(String check, String message, String advice) {
    return new Finding(Result.WARN, check, message, advice);
  }

  static Finding fail(String check, String message, String advice) {
    return new Finding(Result.FAIL, check, message, advice);
  }
}
