package dev.controlplane.grpc.errors;

/** A field of a request that can't be as it is. */
public final class InvalidFieldException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String field;

  /**
   * @param field as the protocol names it
   * @param wrong what is wrong with it, such as "is -1"
   * @param expected what was expected
   */
  public InvalidFieldException(String field, String wrong, String expected) {
    super(field + " " + wrong + "; expected: " + expected);
    this.field = field;
  }

  /** The field, as the protocol names it. */
  public String field() {
    return field;
  }
}
