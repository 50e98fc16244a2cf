package dev.controlplane.client;

public final class Main {
  private Main() {}

  public static void main(String[] a) {}
}
