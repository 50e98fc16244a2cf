package dev.controlplane.client.cli.terminal;

/** How a word looks on a terminal that shows colours: ECMA-48, Select Graphic Rendition. */
public enum Style {
  BOLD(1),
  RED(31),
  GREEN(32),
  YELLOW(33);

  private final int code;

  Style(int code) {
    this.code = code;
  }

  /** The text in this style, or as it is. */
  public String of(String text, boolean wanted) {
    return wanted ? "\u001B[" + code + "m" + text + "\u001B[0m" : text;
  }
}
