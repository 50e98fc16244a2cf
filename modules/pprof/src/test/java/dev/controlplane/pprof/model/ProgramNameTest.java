package dev.controlplane.pprof.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgramNameTest {
  @ParameterizedTest
  @CsvSource({
    "/srv/a b/upload-server.jar --check,  upload-server",
    "upload-server.jar,                   upload-server",
    "com.example.Main --jar x.jar -v,     Main",
    "com.example.Main,                    Main",
    "Main,                                Main",
    "C:\\apps\\tool.jar,                  tool",
    "'',                                  ''"
  })
  void itIsTheJarsOrTheMainClasss(String command, String expected) {
    assertEquals(expected, ProgramName.of(command));
  }
}
