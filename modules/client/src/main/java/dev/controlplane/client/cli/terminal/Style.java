package dev.controlplane.client.cli.terminal;

/** A colour or weight of text on a terminal (ECMA-48, Select Graphic Rendition). */
public enum Style {
  BOLD(1),
  RED(31),
  GREEN(32),
  YELLOW(33);

  private final int code;

  Style(int code) {
    this.code = code;
  }

  /** Returns the text in this style, or unchanged if colours are off. */
  public String of(String text, boolean wanted) {
    return wanted ? "\u001B[" + code + "m" + text + "\u001B[0m" : text;
  }
}
