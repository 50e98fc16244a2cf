import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * Raises the old class files of a jar to the version of Java 8: {@code NewerClassFiles JAR}.
 *
 * <p>The JVM's cache of loaded classes refuses class files before version 50, because they have no
 * stack maps and need the old verifier. This program adds the stack maps. The code of each method
 * stays as it is, and so do all other files of the jar; the manifest says what was changed.
 */
final class NewerClassFiles {
  private static final int WITH_STACK_MAPS = ClassFile.JAVA_6_VERSION;
  private static final Attributes.Name CHANGE = new Attributes.Name("Changed-By-Control-Plane");

  public static void main(String[] args) throws IOException {
    Path jar = Path.of(args[0]);
    Path newer = jar.resolveSibling(jar.getFileName() + ".newer");
    try (JarFile old = new JarFile(jar.toFile());
        URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()})) {
      Manifest manifest = old.getManifest();
      if (manifest.getMainAttributes().containsKey(CHANGE)) {
        return;
      }
      manifest
          .getMainAttributes()
          .put(CHANGE, "class files raised to the version of Java 8, with stack maps");
      try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(newer), manifest)) {
        for (JarEntry entry : old.stream().toList()) {
          if (entry.getName().equals(JarFile.MANIFEST_NAME)) {
            continue;
          }
          byte[] content = old.getInputStream(entry).readAllBytes();
          JarEntry copy = new JarEntry(entry.getName());
          // The same jar from the same sources.
          copy.setTime(entry.getTime());
          out.putNextEntry(copy);
          out.write(entry.getName().endsWith(".class") ? raised(content, classes) : content);
        }
      }
    }
    Files.move(newer, jar, StandardCopyOption.REPLACE_EXISTING);
  }

  private static byte[] raised(byte[] bytes, ClassLoader classes) {
    ClassFile files =
        ClassFile.of(
            StackMapsOption.GENERATE_STACK_MAPS,
            ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(classes)
                    .orElse(ClassHierarchyResolver.defaultResolver())));
    ClassModel model = files.parse(bytes);
    if (model.majorVersion() >= WITH_STACK_MAPS) {
      return bytes;
    }
    ClassTransform version =
        (builder, element) -> {
          if (element instanceof ClassFileVersion) {
            builder.withVersion(ClassFile.JAVA_8_VERSION, 0);
          } else {
            builder.with(element);
          }
        };
    // Code that is handed on as a whole would be copied, without stack maps.
    CodeTransform again = (builder, element) -> builder.with(element);
    return files.transformClass(
        model, ClassTransform.transformingMethodBodies(again).andThen(version));
  }
}
