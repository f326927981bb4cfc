package dev.warmpath.envoyconfig;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A running Envoy with a configuration of the test, on ports of its own choice. */
final class RealEnvoy implements AutoCloseable {
  private static final long START_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final Path log;
  private final String admin;

  private RealEnvoy(Process process, Path log, String admin) {
    this.process = process;
    this.log = log;
    this.admin = admin;
  }

  /** The binary that WARMPATH_ENVOY names, else the launcher's. Never skips. */
  static String binary() throws IOException, InterruptedException {
    String named = System.getenv("WARMPATH_ENVOY");
    if (named != null && !named.isBlank()) {
      return named;
    }
    Path launcher = Path.of("..", "bin", "warmpath").toAbsolutePath().normalize();
    Process which =
        new ProcessBuilder(launcher.toString(), "which", "envoy")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String path = new String(which.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (which.waitFor() != 0) {
      throw new IllegalStateException(
          "no Envoy (expected: WARMPATH_ENVOY, or what " + launcher + " finds)");
    }
    return path.strip();
  }

  /** What Envoy says of a file in validation mode, without its informational lines. */
  static List<String> validate(Path config) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(binary(), "--mode", "validate", "-c", config.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    List<String> lines = new ArrayList<>();
    for (String line : output.lines().toList()) {
      if (!line.contains("][info][")) {
        lines.add(line.replaceFirst("^\\[[^]]*]\\[\\d+]", ""));
      }
    }
    if (process.waitFor() != 0) {
      throw new AssertionError(config + ":\n" + output);
    }
    return lines;
  }

  static RealEnvoy start(Path config) throws IOException, InterruptedException {
    Path addressFile = config.resolveSibling("admin-address");
    Path log = config.resolveSibling("envoy.log");
    Process process =
        new ProcessBuilder(
                binary(),
                "-c",
                config.toString(),
                "--use-dynamic-base-id",
                "--concurrency",
                "1",
                "-l",
                "warn",
                "--admin-address-path",
                addressFile.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long deadline = System.nanoTime() + START_TIMEOUT_NANOS;
    while (System.nanoTime() - deadline < 0 && process.isAlive()) {
      if (Files.exists(addressFile) && Files.size(addressFile) > 0) {
        RealEnvoy envoy = new RealEnvoy(process, log, Files.readString(addressFile).strip());
        if (envoy.isReady()) {
          return envoy;
        }
      }
      process.waitFor(20, TimeUnit.MILLISECONDS);
    }
    process.destroyForcibly();
    throw new AssertionError("Envoy did not start:\n" + Files.readString(log));
  }

  private boolean isReady() throws InterruptedException {
    try {
      return get("/ready").equals("LIVE\n");
    } catch (IOException _) {
      return false;
    }
  }

  private String get(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + admin + path))
            .timeout(Duration.ofSeconds(10))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  /** Address of the only listener. */
  String address() throws IOException, InterruptedException {
    String listeners = get("/listeners");
    return listeners.substring(listeners.indexOf("::") + 2).strip();
  }

  /** A counter or gauge; 0 if it does not exist. */
  long stat(String name) throws IOException, InterruptedException {
    Matcher matcher =
        Pattern.compile("^" + Pattern.quote(name) + ": (\\d+)$", Pattern.MULTILINE)
            .matcher(get("/stats?filter=" + name));
    return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
  }

  String log() throws IOException {
    return Files.readString(log);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    http.close();
  }
}
