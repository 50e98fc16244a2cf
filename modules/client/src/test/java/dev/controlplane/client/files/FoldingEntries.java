package dev.controlplane.client.files;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A file system that takes names for one which differ in case or in Unicode's normalisation, as
 * APFS and ext4 with casefold do.
 */
public final class FoldingEntries implements Places.Entries {
  private static String folded(String name) {
    return Normalizer.normalize(name, Normalizer.Form.NFD)
        .toUpperCase(Locale.ROOT)
        .toLowerCase(Locale.ROOT);
  }

  @Override
  public Object key(Path path) {
    try {
      for (String name : names(path.getParent())) {
        if (folded(name).equals(folded(path.getFileName().toString()))) {
          return Files.readAttributes(
                  path.resolveSibling(name), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
              .fileKey();
        }
      }
      return null;
    } catch (IOException e) {
      return null;
    }
  }

  @Override
  public List<String> names(Path directory) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
    }
    return names;
  }
}
