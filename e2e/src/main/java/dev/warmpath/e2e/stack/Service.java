package dev.warmpath.e2e.stack;

import dev.warmpath.e2e.envoy.Http;
import dev.warmpath.e2e.envoy.JavaProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * One of the two services in a process of its own, which can be killed and started again at the
 * same addresses and with the same state. Not thread-safe.
 */
public final class Service implements AutoCloseable {
  private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);

  private final String mainClass;
  private final List<String> jvmFlags;
  private final Path config;
  private final String address;
  private final String adminAddress;
  private JavaProcess process;

  Service(
      String mainClass, List<String> jvmFlags, Path config, String address, String adminAddress) {
    this.mainClass = mainClass;
    this.jvmFlags = jvmFlags;
    this.config = config;
    this.address = address;
    this.adminAddress = adminAddress;
    process = launch();
  }

  private JavaProcess launch() {
    return JavaProcess.start(mainClass, jvmFlags, List.of("--config", config.toString()));
  }

  /** The process that runs now, or ran last. To kill, pause and resume. */
  public JavaProcess process() {
    return process;
  }

  /** {@code ip:port} where Envoy reaches it. */
  public String address() {
    return address;
  }

  /** {@code ip:port} of metrics and health. */
  public String adminAddress() {
    return adminAddress;
  }

  /** Its configuration. */
  public Path config() {
    return config;
  }

  /** Waits until {@code /readyz} says 200. */
  public void awaitReady() {
    process.awaitUrl("http://%s/readyz".formatted(adminAddress), READY_TIMEOUT);
  }

  /** Starts it again after {@link #process} was killed; doesn't wait until it is ready. */
  public void restart() {
    process.close();
    process = launch();
  }

  /** The body of {@code GET path} from its administration. */
  public String get(String path) {
    return Http.call("GET", "http://" + adminAddress + path);
  }

  /** The body of {@code POST path} from its administration. */
  public String post(String path) {
    return Http.call("POST", "http://" + adminAddress + path);
  }

  /**
   * The sum of all samples of a metric that carry all of {@code labels}; 0 when there are none.
   *
   * @param name as Prometheus has it
   * @param labels each as {@code name="value"}
   */
  public double metric(String name, String... labels) {
    return PrometheusText.sum(get("/metrics"), name, labels);
  }

  @Override
  public void close() {
    process.close();
  }
}
