package dev.controlplane.catalog;

/** A name is not allowed. The message says which field, what is wrong and what was expected. */
public final class InvalidNameException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String field;

  InvalidNameException(String field, String wrong, String expected) {
    super(field + " " + wrong + "; expected: " + expected);
    this.field = field;
  }

  /** The field that contained the name. */
  public String field() {
    return field;
  }
}
