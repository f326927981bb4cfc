package dev.warmpath.e2e.envoy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A real Envoy, started from the text of a bootstrap, with a log file of its own. The bootstrap's
 * admin address may have port 0: Envoy tells what it got. Ends with {@link #close}, or with this
 * JVM. Thread-safe.
 */
public final class EnvoyProcess extends ChildProcess {
  private static final Duration ADMIN_TIMEOUT = Duration.ofSeconds(20);
  private static final Pattern WARNING = Pattern.compile("\\[(warning|error|critical)]");

  /** Lines that say nothing about a configuration, each with its reason. */
  private static final List<String> HARMLESS =
      List.of(
          // We run behind no overload manager; the limit is the operator's to set.
          "There is no configured limit to the number of allowed active downstream connections",
          // Its own way of saying that SIGTERM arrived.
          "caught ENVOY_SIGTERM");

  private final EnvoyAdmin admin;

  /**
   * How to run it.
   *
   * @param concurrency worker threads
   * @param logLevel as {@code --log-level} takes it
   * @param readyTimeout how long to wait for {@code /ready}; zero: don't, an Envoy that waits for
   *     its control plane isn't ready
   * @param arguments further arguments
   */
  public record Options(
      int concurrency, String logLevel, Duration readyTimeout, List<String> arguments) {
    public static final Options DEFAULTS =
        new Options(2, "info", Duration.ofSeconds(30), List.of());

    public Options {
      if (concurrency < 1) {
        throw new IllegalArgumentException(concurrency + " (expected: concurrency >= 1)");
      }
      arguments = List.copyOf(arguments);
    }

    public Options withConcurrency(int threads) {
      return new Options(threads, logLevel, readyTimeout, arguments);
    }

    public Options withLogLevel(String level) {
      return new Options(concurrency, level, readyTimeout, arguments);
    }

    public Options withReadyTimeout(Duration timeout) {
      return new Options(concurrency, logLevel, timeout, arguments);
    }

    public Options withArguments(String... more) {
      return new Options(concurrency, logLevel, readyTimeout, List.of(more));
    }
  }

  private EnvoyProcess(Path folder, String bootstrap, Options options) {
    super("envoy", folder, command(folder, bootstrap, options), Map.of());
    Path addressFile = addressFile(folder);
    try {
      await(
          "the admin address",
          ADMIN_TIMEOUT,
          () -> Files.exists(addressFile) && !read(addressFile).isEmpty());
      admin = new EnvoyAdmin(read(addressFile));
      if (!options.readyTimeout().isZero()) {
        awaitReady(options.readyTimeout());
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Starts Envoy and waits until it is ready. */
  public static EnvoyProcess start(String bootstrap) {
    return start(bootstrap, Options.DEFAULTS);
  }

  /**
   * Starts Envoy.
   *
   * @param bootstrap YAML or JSON
   * @throws IllegalStateException when there is no Envoy, or it refuses the bootstrap, with the end
   *     of its log
   */
  public static EnvoyProcess start(String bootstrap, Options options) {
    return new EnvoyProcess(newFolder("envoy"), bootstrap, options);
  }

  /**
   * Waits for {@code /ready}: all that the bootstrap or the control plane names has been loaded.
   */
  public void awaitReady(Duration timeout) {
    await("ready", timeout, admin::isReady);
  }

  public EnvoyAdmin admin() {
    return admin;
  }

  /** Lines of the log at warning or above that speak of configuration or of a failure. */
  public List<String> warnings() {
    return log().stream()
        .filter(line -> WARNING.matcher(line).find())
        .filter(line -> HARMLESS.stream().noneMatch(line::contains))
        .toList();
  }

  private static List<String> command(Path folder, String bootstrap, Options options) {
    Path file = folder.resolve("bootstrap.yaml");
    try {
      Files.writeString(file, bootstrap);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var command =
        new ArrayList<>(
            List.of(
                EnvoyBinary.locate().toString(),
                "-c",
                file.toString(),
                // Several Envoys on one machine must not share their shared memory.
                "--use-dynamic-base-id",
                "--concurrency",
                Integer.toString(options.concurrency()),
                "--log-level",
                options.logLevel(),
                "--admin-address-path",
                addressFile(folder).toString()));
    command.addAll(options.arguments());
    return command;
  }

  private static Path addressFile(Path folder) {
    return folder.resolve("admin-address");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
