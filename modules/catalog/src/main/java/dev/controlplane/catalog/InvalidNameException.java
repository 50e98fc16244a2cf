package dev.controlplane.catalog;

/** A name that can't be one; the message says which field, what is wrong and what was expected. */
public final class InvalidNameException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  InvalidNameException(String field, String wrong, String expected) {
    super(field + " " + wrong + "; expected: " + expected);
  }
}
