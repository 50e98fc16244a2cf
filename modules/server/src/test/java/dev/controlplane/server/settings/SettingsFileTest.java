package dev.controlplane.server.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsFileTest {
  @TempDir Path directory;

  private Path file(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content);
  }

  private static String refusal(Path file) {
    StartupException refused = assertThrows(StartupException.class, () -> SettingsFile.read(file));
    assertTrue(refused.getMessage().contains(file.toString()), refused::getMessage);
    return refused.getMessage();
  }

  @Test
  void aVariableOverridesTheFileAndTheFileOverridesTheDefault() throws IOException {
    Map<String, String> settings =
        SettingsFile.read(file("a.yaml", "bind-address: '::1'\nidle-timeout: PT3M\n"));
    Settings both = Settings.load(Map.of("IDLE_TIMEOUT", "PT4M"), settings);
    assertEquals("::1", both.text("bind-address"));
    assertEquals("PT4M", both.text("idle-timeout"));
    assertEquals("PT1M", both.text("write-timeout"));
  }

  @Test
  void propertiesAreReadToo() throws IOException {
    assertEquals(
        Map.of("storage-path", "/srv/data"),
        SettingsFile.read(file("a.properties", "storage-path=/srv/data\n")));
  }

  @Test
  void whatBelongsToAnotherServerIsNoMistake() throws IOException {
    assertEquals(
        Map.of("grpc-port", "1", "consumer-port", "2", "upload-port", "3"),
        SettingsFile.read(file("a.yml", "grpc-port: 1\nconsumer-port: 2\nupload-port: 3\n")));
  }

  @Test
  void anEmptyFileSetsNothing() throws IOException {
    assertEquals(Map.of(), SettingsFile.read(file("a.yaml", "")));
    assertEquals(Map.of(), SettingsFile.read(file("b.yaml", "# nothing\n")));
  }

  @ParameterizedTest
  @CsvSource({
    "a.yaml,       'storag-path: x',       did you mean storage-path?",
    "a.yaml,       'colour: red',          no server has the setting colour; --help lists all",
    "a.yaml,       '{hue: 1, colour: 2}',  no server has the setting colour; no server has the"
        + " setting hue",
    "a.yaml,       'storage: {path: x}',   no server has the setting storage",
    "a.yaml,       'a: [',                 it is not YAML",
    "a.yaml,       'just a text',          it is not YAML",
    "a.properties, 'storag-path=x',        did you mean storage-path?",
    "a.json,       '{}',                   '.yaml, .yml or .properties'"
  })
  void aFileThatCanNotBeUsedIsToldWithTheReason(String name, String content, String expected)
      throws IOException {
    String refusal = refusal(file(name, content));
    assertTrue(refusal.contains(expected), refusal);
    assertEquals(1, refusal.lines().count(), refusal);
  }

  @Test
  void aFileThatIsNotThereIsTold() {
    assertTrue(refusal(directory.resolve("none.yaml")).contains("there is no such file"));
    assertTrue(refusal(Path.of("/proc/self.yaml")).contains("there is no such file"));
  }

  @Test
  void aVariableThatLooksLikeASettingIsNoticed() {
    Map<String, String> environment =
        Map.of("UPLOAD_PROT", "1", "STORAGE_PATH", "x", "HOME", "/", "GRPC_PORT", "2", "PATH", "");
    assertEquals(Map.of("UPLOAD_PROT", "UPLOAD_PORT"), new SettingNames().likely(environment));
  }
}
