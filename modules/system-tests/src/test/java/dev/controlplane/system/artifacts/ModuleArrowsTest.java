package dev.controlplane.system.artifacts;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the arrows between the modules; each module is one package and those below it. */
class ModuleArrowsTest {
  private static final String ROOT = "dev.controlplane.";

  /** Modules of their own below the package of pprof. */
  private static final String[] WITH_HTTP = {
    ROOT + "pprof.http..", ROOT + "pprof.helidon..", ROOT + "pprof.servlet.."
  };

  private static JavaClasses all;

  @BeforeAll
  static void readClasses() {
    all =
        new ClassFileImporter()
            .importPaths(
                Stream.of(
                        "pprof",
                        "pprof-http",
                        "pprof-helidon",
                        "pprof-servlet",
                        "catalog",
                        "helidon-transport",
                        "server",
                        "upload-server",
                        "consumer-server",
                        "grpc-server",
                        "client")
                    .map(module -> Path.of("..", module, "target", "classes"))
                    .toList());
  }

  @ParameterizedTest(name = "{0} knows only {1}")
  @CsvSource({
    "pprof,            ''",
    "pprof.http,       pprof",
    "pprof.helidon,    pprof pprof.http",
    "pprof.servlet,    pprof pprof.http",
    "catalog,          ''",
    "transport,        ''",
    "server,           pprof pprof.http pprof.helidon transport catalog",
    "upload,           server catalog pprof",
    "consumer,         server catalog transport",
    "grpc,             server catalog transport proto pprof",
    "client,           proto",
  })
  void aModuleKnowsOnlyTheModulesItsArrowsPointTo(String module, String known) {
    List<String> allowed = new ArrayList<>(packagesOf(module));
    for (String other : known.isBlank() ? new String[0] : known.split(" ")) {
      allowed.addAll(packagesOf(other));
    }
    classes()
        .that(resideInAnyPackage(packagesOf(module).toArray(String[]::new)))
        .and(not(isOfNestedModule(module)))
        .should()
        .onlyDependOnClassesThat(
            not(resideInAnyPackage("dev.controlplane.."))
                .or(resideInAnyPackage(allowed.toArray(String[]::new))))
        .check(all);
  }

  @Test
  void pprofAndCatalogKnowNoServerAndNoHttp() {
    noClasses()
        .that(resideInAnyPackage(ROOT + "pprof..", ROOT + "catalog.."))
        .and(not(resideInAnyPackage(WITH_HTTP)))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("io.helidon..", "io.grpc..", "java.net.http..", "com.sun.net.."))
        .check(all);
  }

  @Test
  void pprofOverHttpKnowsNoServerButTheJdks() {
    noClasses()
        .that(resideInAnyPackage(ROOT + "pprof.http.."))
        .should()
        .dependOnClassesThat(resideInAnyPackage("io.helidon..", "jakarta.."))
        .check(all);
  }

  @ParameterizedTest(name = "the rooms of {0} form no circle")
  @ValueSource(strings = {"pprof", "catalog", "transport", "grpc", "client"})
  void theRoomsOfAModuleFormNoCircle(String module) {
    slices().matching(ROOT + module + ".(*)..").should().beFreeOfCycles().check(all);
  }

  private static List<String> packagesOf(String module) {
    return List.of(ROOT + module + "..");
  }

  private static com.tngtech.archunit.base.DescribedPredicate<
          com.tngtech.archunit.core.domain.JavaClass>
      isOfNestedModule(String module) {
    return module.equals("pprof")
        ? resideInAnyPackage(WITH_HTTP)
        : resideInAnyPackage("no.such.package");
  }
}
