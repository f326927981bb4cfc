package dev.warmpath.e2e.envoy;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One of our mains in a JVM of its own, with the class path and module flags of this one, so that a
 * test can kill or stop it as a service is killed. Ends with {@link #close}, or with this JVM.
 * Thread-safe.
 */
public final class JavaProcess extends ChildProcess {
  private static final List<String> INHERITED_FLAGS =
      List.of("--enable-native-access", "--sun-misc-unsafe-memory-access", "--add-");

  private JavaProcess(String name, Path folder, List<String> command, Map<String, String> env) {
    super(name, folder, command, env);
  }

  /**
   * Starts it.
   *
   * @param mainClass binary name, as {@code java} takes it
   * @param jvmFlags such as {@code -Xmx256m}; those about modules come from this JVM
   * @param arguments of the main
   */
  public static JavaProcess start(String mainClass, List<String> jvmFlags, List<String> arguments) {
    String name = mainClass.substring(mainClass.lastIndexOf('.') + 1);
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> INHERITED_FLAGS.stream().anyMatch(flag::startsWith))
        .forEach(command::add);
    command.addAll(jvmFlags);
    command.add(mainClass);
    command.addAll(arguments);
    // In the environment, where it does not drown the process list.
    return new JavaProcess(
        name,
        newFolder(name.toLowerCase(Locale.ROOT)),
        command,
        Map.of("CLASSPATH", System.getProperty("java.class.path")));
  }
}
