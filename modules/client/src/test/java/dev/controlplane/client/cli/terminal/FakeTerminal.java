package dev.controlplane.client.cli.terminal;

/**
 * A terminal that shows every stream.
 *
 * @param columns its width
 */
public record FakeTerminal(int columns) implements Terminal {
  @Override
  public boolean is(int descriptor) {
    return true;
  }
}
