package dev.controlplane.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.database.Schema;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A catalog that is not there is an error for every read, and never an empty answer. */
class UnavailableTest {
  private static final StoredBlob BLOB = Blobs.of("bytes");

  @TempDir Path temp;
  private Path data;
  private CatalogReader reader;

  @BeforeEach
  void aReaderOfACatalogWithOneVersion() {
    data = temp.resolve("data");
    try (Catalog catalog = DataDirectory.openCatalog(data)) {
      catalog.publish("w", "1", BLOB, null);
    }
    reader = DataDirectory.openReader(data);
    isThere();
  }

  @AfterEach
  void close() {
    reader.close();
  }

  private Path file() {
    return Schema.CATALOG.in(data);
  }

  private void isThere() {
    Reads.all().values().forEach(read -> read.accept(reader));
    assertEquals(1, reader.head());
    assertEquals("1", reader.latest("w").orElseThrow().version());
    assertEquals(1, reader.page(0, 10).updates().size());
  }

  /** Looks no oftener than an open reader does by itself, so that it is the reader that notices. */
  private void becomesUnavailable() throws Exception {
    Reads.all()
        .forEach(
            (name, read) -> {
              Waiting.until(name + " fails", () -> fails(read));
              assertTrue(fails(read), name);
            });
    CatalogException why = assertThrows(CatalogException.class, reader::check);
    assertTrue(why.getMessage().contains(data.toString()), why.getMessage());
    assertTrue(Path.of(data.toString()).isAbsolute());
  }

  private boolean fails(Consumer<CatalogReader> read) {
    try {
      read.accept(reader);
      return false;
    } catch (CatalogUnavailableException e) {
      return true;
    }
  }

  private void becomesAvailable() throws Exception {
    Waiting.until("the catalog is read again", () -> !fails(CatalogReader::check));
    isThere();
  }

  /** What can happen to a catalog while a reader has it open, and how it comes back. */
  enum Harm {
    MOVED_AWAY {
      @Override
      void to(Path file) throws IOException {
        Files.move(file, aside(file));
      }
    },
    DIRECTORY_MOVED_AWAY {
      @Override
      void to(Path file) throws IOException {
        Files.move(file.getParent(), file.getParent().resolveSibling("aside"));
      }

      @Override
      void undo(Path file) throws IOException {
        Files.move(file.getParent().resolveSibling("aside"), file.getParent());
      }
    },
    EMPTY_DIRECTORY_IN_ITS_PLACE {
      @Override
      void to(Path file) throws IOException {
        DIRECTORY_MOVED_AWAY.to(file);
        Files.createDirectory(file.getParent());
      }

      @Override
      void undo(Path file) throws IOException {
        Files.delete(file.getParent());
        DIRECTORY_MOVED_AWAY.undo(file);
      }
    },
    ANOTHERS_DIRECTORY_IN_ITS_PLACE {
      @Override
      void to(Path file) throws IOException {
        EMPTY_DIRECTORY_IN_ITS_PLACE.to(file);
        Files.writeString(file.resolveSibling("thesis.txt"), "text");
      }

      @Override
      void undo(Path file) throws IOException {
        Files.delete(file.resolveSibling("thesis.txt"));
        EMPTY_DIRECTORY_IN_ITS_PLACE.undo(file);
      }
    },
    DIRECTORY_INSTEAD_OF_THE_FILE {
      @Override
      void to(Path file) throws IOException {
        MOVED_AWAY.to(file);
        Files.createDirectory(file);
      }

      @Override
      void undo(Path file) throws IOException {
        Files.delete(file);
        MOVED_AWAY.undo(file);
      }
    },
    EMPTY_FILE_IN_ITS_PLACE {
      @Override
      void to(Path file) throws IOException {
        MOVED_AWAY.to(file);
        Files.createFile(file);
      }
    },
    WRITTEN_OVER_WITH_NOTHING {
      @Override
      void to(Path file) throws IOException {
        Files.copy(file, aside(file));
        Files.write(file, new byte[0]);
      }
    },
    HALF_A_COPY_IN_ITS_PLACE {
      @Override
      void to(Path file) throws IOException {
        MOVED_AWAY.to(file);
        byte[] whole = Files.readAllBytes(aside(file));
        Files.write(file, java.util.Arrays.copyOf(whole, 5000));
      }
    },
    NO_DATABASE_IN_ITS_PLACE {
      @Override
      void to(Path file) throws IOException {
        MOVED_AWAY.to(file);
        Files.writeString(file, "not a database, though of some length ".repeat(100));
      }
    },
    DAMAGED_IN_PLACE {
      @Override
      void to(Path file) throws IOException {
        Files.copy(file, aside(file));
        try (RandomAccessFile damage = new RandomAccessFile(file.toFile(), "rw")) {
          for (long at = 100; at < damage.length(); at += 64) {
            damage.seek(at);
            damage.writeLong(0x5a5a5a5a5a5a5a5aL);
          }
        }
      }
    },
    NEWER_SCHEMA {
      @Override
      void to(Path file) throws IOException {
        Files.copy(file, aside(file));
        sql(file, "PRAGMA user_version = 1000");
      }
    },
    NO_META_ROW {
      @Override
      void to(Path file) throws IOException {
        Files.copy(file, aside(file));
        sql(file, "DELETE FROM meta");
      }
    },
    A_TABLE_MISSING {
      @Override
      void to(Path file) throws IOException {
        Files.copy(file, aside(file));
        sql(file, "DROP TABLE updates");
      }
    };

    abstract void to(Path file) throws IOException;

    void undo(Path file) throws IOException {
      Files.deleteIfExists(file);
      Files.deleteIfExists(Path.of(file + "-wal"));
      Files.deleteIfExists(Path.of(file + "-shm"));
      Files.move(aside(file), file);
    }

    private static Path aside(Path file) {
      return file.getParent().resolveSibling("catalog-aside.db");
    }

    private static void sql(Path file, String sql) throws IOException {
      try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement statement = connection.createStatement()) {
        statement.executeUpdate(sql);
      } catch (SQLException e) {
        throw new IOException(e);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCatalogThatIsNotThereIsNeverAnsweredForAndIsReadAgainWhenItIsBack(Harm harm)
      throws Exception {
    harm.to(file());
    becomesUnavailable();
    harm.undo(file());
    becomesAvailable();
  }

  @Test
  void aReadBeforeAnyCacheIsLookedAtFailsAtOnce() throws Exception {
    Files.move(file(), temp.resolve("aside.db"));
    assertThrows(CatalogUnavailableException.class, () -> reader.recorded("w", "1"));
    assertThrows(CatalogUnavailableException.class, () -> reader.page(0, 10));
    assertThrows(CatalogUnavailableException.class, reader::check);
  }

  @Test
  void whatTheReaderKeepsIsForgottenAlsoWhileNobodyAsks() throws Exception {
    Files.move(file(), temp.resolve("aside.db"));
    Waiting.until("log() fails", () -> fails(CatalogReader::log));
    Files.move(temp.resolve("aside.db"), file());
    becomesAvailable();
  }

  @Test
  void aPageHasTheStateOfTheLogThatItsUpdatesAreOf() throws Exception {
    LogState before = reader.log();
    assertEquals(before, reader.page(0, 10).log());
    assertEquals(new LogPage(before, List.of()), reader.page(1, 10));
    assertEquals(new LogPage(before, List.of()), reader.page(99, 10));
    Path other = temp.resolve("other");
    try (Catalog catalog = DataDirectory.openCatalog(other)) {
      catalog.publish("v", "1", BLOB, null);
      catalog.publish("v", "2", BLOB, null);
      catalog.publish("v", "3", BLOB, null);
      assertEquals(1, catalog.compact(2));
    }
    Files.move(data, temp.resolve("aside"));
    Files.move(other, data);
    Waiting.until("the other log is read", () -> !reader.log().id().equals(before.id()));
    LogPage page = reader.page(2, 10);
    assertEquals(reader.log(), page.log());
    assertEquals("v", page.updates().getFirst().worker());
    CompactedException cut = assertThrows(CompactedException.class, () -> reader.page(0, 10));
    assertEquals(reader.log(), cut.log());
    assertEquals(2, cut.log().compacted());
  }
}
