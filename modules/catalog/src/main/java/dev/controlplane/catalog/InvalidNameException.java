package dev.controlplane.catalog;

/** A name that can't be one; the message says which field, what is wrong and what was expected. */
public final class InvalidNameException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String field;

  InvalidNameException(String field, String wrong, String expected) {
    super(field + " " + wrong + "; expected: " + expected);
    this.field = field;
  }

  /** The field that the name came from. */
  public String field() {
    return field;
  }
}
