package dev.controlplane.grpc.errors;

/** A field of a request is invalid. */
public final class InvalidFieldException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String field;

  /**
   * @param field its name in the protocol
   * @param wrong what is wrong with it, such as "is -1"
   * @param expected what was expected
   */
  public InvalidFieldException(String field, String wrong, String expected) {
    super(field + " " + wrong + "; expected: " + expected);
    this.field = field;
  }

  /** The field's name in the protocol. */
  public String field() {
    return field;
  }
}
