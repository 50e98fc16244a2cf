package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.reflect.Executable;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Member;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a program may use of the library, and under which names and version it finds it. */
final class LibraryApiTest {
  private static final Path CLASSES = Path.of("target/classes");
  private static final String LIBRARY = "dev.controlplane.pprof";

  /** The packages that everybody may use. */
  private static Set<String> exported() throws IOException {
    try (InputStream in = Files.newInputStream(CLASSES.resolve("module-info.class"))) {
      return ModuleDescriptor.read(in).exports().stream()
          .filter(export -> !export.isQualified())
          .map(ModuleDescriptor.Exports::source)
          .collect(Collectors.toSet());
    }
  }

  private static boolean isPublic(Class<?> type) {
    return Modifier.isPublic(type.getModifiers())
        && (type.getEnclosingClass() == null || isPublic(type.getEnclosingClass()));
  }

  private static List<Class<?>> publicTypes() throws Exception {
    var types = new ArrayList<Class<?>>();
    for (String name : exported()) {
      try (Stream<Path> files = Files.list(CLASSES.resolve(name.replace('.', '/')))) {
        for (Path file : files.filter(file -> file.toString().endsWith(".class")).toList()) {
          String simple = file.getFileName().toString().replace(".class", "");
          if (!simple.equals("package-info")) {
            var type = Class.forName(name + "." + simple, false, Labels.class.getClassLoader());
            if (!type.isAnonymousClass() && !type.isLocalClass() && isPublic(type)) {
              types.add(type);
            }
          }
        }
      }
    }
    assertFalse(types.isEmpty());
    return types;
  }

  @Test
  void everyPublicTypeSaysSinceWhenItIsThere() throws Exception {
    var without = new TreeSet<String>();
    for (Class<?> type : publicTypes()) {
      Class<?> outermost = type;
      while (outermost.getEnclosingClass() != null) {
        outermost = outermost.getEnclosingClass();
      }
      String source =
          Files.readString(
              Path.of("src/main/java", outermost.getName().replace('.', '/') + ".java"));
      Matcher declared =
          Pattern.compile(
                  "(?m)^ *[a-z -]*\\b(class|interface|record|enum) " + type.getSimpleName() + "\\b")
              .matcher(source);
      if (!declared.find()
          || !source
              .substring(source.lastIndexOf("/**", declared.start()), declared.start())
              .contains("@since")) {
        without.add(type.getName());
      }
    }

    assertEquals(Set.of(), without);
  }

  @Test
  void noSignatureNamesATypeThatProgramsCanNotUse() throws Exception {
    Set<String> exported = exported();
    var leaks = new TreeSet<String>();
    for (Class<?> type : publicTypes()) {
      for (Class<?> named : named(type)) {
        String itsPackage = named.getPackageName();
        if ((itsPackage + '.').startsWith(LIBRARY + '.') && !exported.contains(itsPackage)) {
          leaks.add(type.getName() + " names " + named.getName());
        }
      }
    }

    assertEquals(Set.of(), leaks);
  }

  /** The types in what others see of a type. */
  private static Set<Class<?>> named(Class<?> type) {
    var types = new ArrayList<Type>(List.of(type.getGenericInterfaces()));
    if (type.getGenericSuperclass() != null) {
      types.add(type.getGenericSuperclass());
    }
    Stream.of(type.getDeclaredMethods(), type.getDeclaredConstructors())
        .flatMap(Arrays::stream)
        .filter(LibraryApiTest::isSeen)
        .forEach(
            member -> {
              types.addAll(List.of(member.getGenericParameterTypes()));
              types.addAll(List.of(member.getGenericExceptionTypes()));
              types.add(member.getAnnotatedReturnType().getType());
            });
    Stream.of(type.getDeclaredFields())
        .filter(LibraryApiTest::isSeen)
        .forEach(field -> types.add(field.getGenericType()));
    return types.stream().flatMap(LibraryApiTest::classes).collect(Collectors.toSet());
  }

  private static boolean isSeen(Member member) {
    boolean synthetic = member instanceof Executable code && code.isSynthetic();
    return !synthetic && (member.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0;
  }

  private static Stream<Class<?>> classes(Type type) {
    return switch (type) {
      case Class<?> plain -> Stream.of(plain.isArray() ? plain.getComponentType() : plain);
      case ParameterizedType generic ->
          Stream.concat(
              classes(generic.getRawType()),
              Stream.of(generic.getActualTypeArguments()).flatMap(LibraryApiTest::classes));
      case WildcardType any -> Stream.of(any.getUpperBounds()).flatMap(LibraryApiTest::classes);
      case GenericArrayType array -> classes(array.getGenericComponentType());
      default -> Stream.empty();
    };
  }

  @Test
  void theBomListsEveryModuleThatIsPublished() throws IOException {
    var published = new TreeSet<String>();
    try (Stream<Path> modules = Files.list(Path.of(".."))) {
      for (Path module : modules.toList()) {
        Path pom = module.resolve("pom.xml");
        String name = module.getFileName().toString();
        if (Files.exists(pom)
            && !name.equals("pprof-bom")
            && Files.readString(pom).contains("<maven.deploy.skip>false<")) {
          published.add(name);
        }
      }
    }
    String bom = Files.readString(Path.of("../pprof-bom/pom.xml"));
    var listed = new TreeSet<String>();
    Matcher entry =
        Pattern.compile("<artifactId>([^<]+)</artifactId>")
            .matcher(bom.substring(bom.indexOf("<dependencyManagement>")));
    while (entry.find()) {
      listed.add(entry.group(1));
    }

    assertEquals(published, listed);
  }

  @Test
  void theChangelogBeginsWithTheVersionOfTheProject() throws IOException {
    assertEquals(
        first("<version>([^<]+)</version>", Path.of("pom.xml")),
        first("(?m)^## (\\S+)", Path.of("CHANGELOG.md")));
  }

  private static String first(String regex, Path file) throws IOException {
    Matcher found = Pattern.compile(regex).matcher(Files.readString(file));
    return found.find() ? found.group(1) : "nothing";
  }
}
