package dev.controlplane.pprof.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.controlplane.pprof.Profiles;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.reflect.Executable;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Member;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a program may use of a module of the library. */
public abstract class ApiContract {
  private final Path classes;
  private final Path sources;

  /**
   * The contract of one module.
   *
   * @param module the name of its directory, beside that of the module whose test this is
   */
  protected ApiContract(String module) {
    Path directory = Path.of("..", module);
    this.classes = directory.resolve("target/classes");
    this.sources = directory.resolve("src/main/java");
  }

  @Test
  void everyPublicTypeSaysSinceWhenItIsThere() throws Exception {
    var without = new TreeSet<String>();
    for (Class<?> type : publicTypes()) {
      String source =
          Files.readString(sources.resolve(outermost(type).getName().replace('.', '/') + ".java"));
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
    Path library = codeOf(Profiles.class);
    Set<String> exported = exported(descriptor(library));
    var leaks = new TreeSet<String>();
    for (Class<?> type : publicTypes()) {
      for (Class<?> named : named(type)) {
        if (isOurs(named)) {
          boolean hidden =
              codeOf(named).equals(library) && !exported.contains(named.getPackageName());
          if (hidden || !isPublic(named)) {
            leaks.add(type.getName() + " names " + named.getName());
          }
        }
      }
    }

    assertEquals(Set.of(), leaks);
  }

  private static boolean isOurs(Class<?> type) {
    return (type.getPackageName() + '.').startsWith("dev.controlplane.pprof.");
  }

  private static Class<?> outermost(Class<?> type) {
    return type.getEnclosingClass() == null ? type : outermost(type.getEnclosingClass());
  }

  private static boolean isPublic(Class<?> type) {
    return Modifier.isPublic(type.getModifiers())
        && (type.getEnclosingClass() == null || isPublic(type.getEnclosingClass()));
  }

  private List<Class<?>> publicTypes() throws IOException, ReflectiveOperationException {
    var types = new ArrayList<Class<?>>();
    Set<String> exported = exportedHere();
    for (String name : classNames()) {
      var type = Class.forName(name, false, ApiContract.class.getClassLoader());
      if (!type.isAnonymousClass()
          && !type.isLocalClass()
          && isPublic(type)
          && exported.contains(type.getPackageName())) {
        types.add(type);
      }
    }
    assertFalse(types.isEmpty());
    return types;
  }

  private List<String> classNames() throws IOException {
    try (Stream<Path> files = Files.walk(classes)) {
      return files
          .map(file -> classes.relativize(file).toString())
          .filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
          .map(file -> file.replace(".class", "").replace('/', '.'))
          .toList();
    }
  }

  /** The packages of this module that everybody may use: all, unless it declares which. */
  private Set<String> exportedHere() throws IOException {
    if (Files.exists(classes.resolve("module-info.class"))) {
      return exported(descriptor(classes));
    }
    return classNames().stream()
        .map(name -> name.substring(0, name.lastIndexOf('.')))
        .collect(Collectors.toSet());
  }

  private static Set<String> exported(ModuleDescriptor module) {
    return module.exports().stream()
        .filter(Predicate.not(ModuleDescriptor.Exports::isQualified))
        .map(ModuleDescriptor.Exports::source)
        .collect(Collectors.toSet());
  }

  private static ModuleDescriptor descriptor(Path code) {
    return ModuleFinder.of(code).findAll().stream()
        .map(ModuleReference::descriptor)
        .findFirst()
        .orElseThrow();
  }

  private static Path codeOf(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  /** The types in what others see of a type. */
  private static Set<Class<?>> named(Class<?> type) {
    var types = new ArrayList<Type>(List.of(type.getGenericInterfaces()));
    if (type.getGenericSuperclass() != null) {
      types.add(type.getGenericSuperclass());
    }
    Stream.of(type.getDeclaredMethods(), type.getDeclaredConstructors())
        .flatMap(Arrays::stream)
        .filter(ApiContract::isSeen)
        .forEach(
            member -> {
              types.addAll(List.of(member.getGenericParameterTypes()));
              types.addAll(List.of(member.getGenericExceptionTypes()));
              types.add(member.getAnnotatedReturnType().getType());
            });
    Stream.of(type.getDeclaredFields())
        .filter(ApiContract::isSeen)
        .forEach(field -> types.add(field.getGenericType()));
    return types.stream().flatMap(ApiContract::classes).collect(Collectors.toSet());
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
              Stream.of(generic.getActualTypeArguments()).flatMap(ApiContract::classes));
      case WildcardType any -> Stream.of(any.getUpperBounds()).flatMap(ApiContract::classes);
      case GenericArrayType array -> classes(array.getGenericComponentType());
      default -> Stream.empty();
    };
  }
}
