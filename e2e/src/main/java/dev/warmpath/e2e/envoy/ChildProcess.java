package dev.warmpath.e2e.envoy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A process of our own with a temporary folder and a log file in it, both deleted by {@link #close}
 * unless the environment has {@code WARMPATH_KEEP_LOGS}. Signals go to this process alone.
 * Thread-safe.
 */
public abstract sealed class ChildProcess implements AutoCloseable
    permits EnvoyProcess, JavaProcess {
  private static final Duration TERMINATION_TIMEOUT = Duration.ofSeconds(5);
  private static final int TAIL_LINES = 40;

  private final String name;
  private final Path folder;
  private final Process process;

  /** Starts it; standard output and error go to {@code folder/log}. */
  ChildProcess(String name, Path folder, List<String> command, Map<String, String> environment) {
    this.name = name;
    this.folder = folder;
    var builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true).redirectOutput(logFile().toFile());
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException("%s can't be started".formatted(name), e);
    }
    Children.add(process);
  }

  static Path newFolder(String name) {
    try {
      return Files.createTempDirectory("warmpath-" + name + "-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** For {@link Signals}, and to ask whether it lives. */
  public ProcessHandle handle() {
    return process.toHandle();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL; returns when it is gone. Its log stays until {@link #close}. */
  public void kill() {
    Signals.kill(process.toHandle());
  }

  /** SIGSTOP. */
  public void pause() {
    Signals.pause(process.toHandle());
  }

  /** SIGCONT. */
  public void resume() {
    Signals.resume(process.toHandle());
  }

  /** CPU time that it has used, user and system, or zero when it is gone. */
  public Duration cpuTime() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** What it has written so far, standard output and error in one. */
  public List<String> log() {
    try {
      return new String(Files.readAllBytes(logFile()), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The end of the log, for failure messages. */
  public String logTail() {
    List<String> lines = log();
    return "%s (%s), last lines of its log:%n%s"
        .formatted(
            name,
            process.isAlive() ? "running" : "exited with " + process.exitValue(),
            String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size())));
  }

  /** Waits for a line of the log. */
  public void awaitLine(String what, Predicate<String> line, Duration timeout) {
    await(what, timeout, () -> log().stream().anyMatch(line));
  }

  /** Waits until a GET of {@code url} is answered with 200. */
  public void awaitUrl(String url, Duration timeout) {
    await("200 from " + url, timeout, () -> Http.isOk(url));
  }

  final void await(String what, Duration timeout, BooleanSupplier condition) {
    Poll.until(
        "%s (%s)".formatted(what, name),
        timeout,
        () -> {
          if (condition.getAsBoolean()) {
            return true;
          }
          if (!process.isAlive()) {
            throw new IllegalStateException(
                "%s died (expected: %s)%n%s".formatted(name, what, logTail()));
          }
          return false;
        },
        this::logTail);
  }

  final Path folder() {
    return folder;
  }

  private Path logFile() {
    return folder.resolve("log");
  }

  /**
   * SIGTERM, after five seconds SIGKILL. Returns when it is gone. An interrupt, which is how Ctrl-C
   * reaches the demo's main thread, does not keep anything from being closed.
   */
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    try {
      if (process.isAlive()) {
        end();
      }
    } finally {
      Children.remove(process);
      if (System.getenv("WARMPATH_KEEP_LOGS") == null) {
        delete(folder);
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void end() {
    try {
      Signals.resume(process.toHandle());
    } catch (IllegalStateException e) {
      if (process.isAlive()) {
        throw e;
      }
      return; // It ended by itself meanwhile.
    }
    process.destroy();
    try {
      if (!process.waitFor(TERMINATION_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        kill();
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
