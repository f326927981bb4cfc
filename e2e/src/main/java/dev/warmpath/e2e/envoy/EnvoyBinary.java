package dev.warmpath.e2e.envoy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Finds the Envoy that tests and demo run: the one that {@code WARMPATH_ENVOY} names, else the one
 * that {@code bin/warmpath which envoy} prints. Without one it throws what the launcher says; tests
 * never skip. Thread-safe; asks the launcher once per JVM.
 */
public final class EnvoyBinary {
  private static final String VARIABLE = "WARMPATH_ENVOY";
  private static final long LAUNCHER_TIMEOUT_SECONDS = 300; // It may have to download Envoy.

  private EnvoyBinary() {}

  /**
   * Its path.
   *
   * @throws IllegalStateException when there is none, with the ways to get one
   */
  public static Path locate() {
    return Holder.PATH;
  }

  private static Path find() {
    String named = System.getenv(VARIABLE);
    if (named != null && !named.isBlank()) {
      return executable(Path.of(named), VARIABLE);
    }
    Path launcher = repositoryRoot().resolve("bin").resolve("warmpath");
    if (!Files.isExecutable(launcher)) {
      throw new IllegalStateException(
          "%s is missing (expected: the launcher, or %s naming an Envoy binary)"
              .formatted(launcher, VARIABLE));
    }
    try {
      Path errors = Files.createTempFile("warmpath-which-", ".log");
      try {
        Process which =
            new ProcessBuilder(launcher.toString(), "which", "envoy")
                .redirectError(errors.toFile())
                .start();
        which.getOutputStream().close();
        String output = new String(which.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!which.waitFor(LAUNCHER_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
          which.destroyForcibly();
          throw new IllegalStateException(
              "%s which envoy took over %d s".formatted(launcher, LAUNCHER_TIMEOUT_SECONDS));
        }
        if (which.exitValue() != 0) {
          throw new IllegalStateException(
              "no Envoy: %s".formatted(Files.readString(errors).strip()));
        }
        return executable(Path.of(output.strip()), launcher + " which envoy");
      } finally {
        Files.delete(errors);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while looking for Envoy", e);
    }
  }

  private static Path executable(Path path, String source) {
    if (!Files.isExecutable(path)) {
      throw new IllegalStateException(
          "%s: %s (expected: an executable file)".formatted(source, path));
    }
    return path.toAbsolutePath();
  }

  /** The folder above the working directory that holds the build of all modules. */
  public static Path repositoryRoot() {
    Path start = Path.of("").toAbsolutePath();
    for (Path folder = start; folder != null; folder = folder.getParent()) {
      if (Files.isRegularFile(folder.resolve("pom.xml"))
          && Files.isDirectory(folder.resolve("ext-proc-service"))) {
        return folder;
      }
    }
    throw new IllegalStateException(
        "%s (expected: a folder inside a checkout of Warmpath)".formatted(start));
  }

  /** Found at first use. */
  private static final class Holder {
    static final Path PATH = find();
  }
}
