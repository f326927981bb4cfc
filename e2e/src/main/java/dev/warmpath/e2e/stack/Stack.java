package dev.warmpath.e2e.stack;

import dev.warmpath.config.v1.Tls;
import dev.warmpath.controlplane.snapshot.EnvoyBootstrap;
import dev.warmpath.e2e.envoy.EnvoyProcess;
import dev.warmpath.e2e.envoy.Poll;
import dev.warmpath.e2e.envoy.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A whole Warmpath on 127.0.0.1: a control plane and replicas of the ext_proc service, each in a
 * JVM of its own, and a real Envoy that takes everything from the control plane over ADS. What it
 * sends to, engines and providers, are the caller's and must outlive it. Not thread-safe; ends with
 * {@link #close} or with this JVM.
 *
 * <p>Configurations and state live in a temporary folder, which {@link #close} deletes unless the
 * environment has {@code WARMPATH_KEEP_LOGS}.
 */
public final class Stack implements AutoCloseable {
  private static final Duration ENVOY_TIMEOUT = Duration.ofSeconds(30);
  private static final String CONTROL_PLANE = "dev.warmpath.controlplane.ControlPlaneMain";
  private static final int SECRET_BYTES = 32;

  /** Both clusters through which Envoy reaches the ext_proc service. */
  private static final List<String> EXT_PROC_CLUSTERS =
      List.of("warmpath_decide", "warmpath_watch");

  /** What is known before anything runs. */
  private record Addresses(
      String listener, String controlPlane, String controlPlaneAdmin, List<Replica> replicas) {
    record Replica(String address, String adminAddress) {}

    static Addresses free(int replicas) {
      var all = new ArrayList<Replica>();
      for (int i = 0; i < replicas; i++) {
        all.add(new Replica(address(), address()));
      }
      return new Addresses(address(), address(), address(), List.copyOf(all));
    }

    private static String address() {
      return "127.0.0.1:" + Ports.free();
    }
  }

  private final StackSettings settings;
  private final Path folder;
  private final Addresses addresses;
  private final Service controlPlane;
  private final List<Service> replicas;
  private final EnvoyProcess envoy;

  private Stack(StackSettings settings) {
    this.settings = settings;
    addresses = Addresses.free(settings.replicas());
    folder = newFolder();
    var started = new ArrayList<AutoCloseable>();
    try {
      writeSecret("index.key");
      writeSecret("export.key");
      controlPlane =
          new Service(
              CONTROL_PLANE,
              settings.jvmFlags(),
              write("control-plane.yaml", controlPlaneConfig(settings)),
              addresses.controlPlane(),
              addresses.controlPlaneAdmin());
      started.add(controlPlane);
      var all = new ArrayList<Service>();
      for (int i = 0; i < settings.replicas(); i++) {
        Addresses.Replica replica = addresses.replicas().get(i);
        var service =
            new Service(
                settings.processor(),
                settings.jvmFlags(),
                write("ext-proc-%d.yaml".formatted(i), extProcConfig(i)),
                replica.address(),
                replica.adminAddress());
        started.add(service);
        all.add(service);
      }
      replicas = List.copyOf(all);
      controlPlane.awaitReady();
      envoy =
          EnvoyProcess.start(bootstrap(), settings.envoyOptions().withReadyTimeout(Duration.ZERO));
      started.add(envoy);
      replicas.forEach(Service::awaitReady);
      awaitServing();
    } catch (RuntimeException e) {
      closeAll(started.reversed());
      throw e;
    }
  }

  /**
   * Starts all, and returns when requests are served and planned.
   *
   * @throws IllegalStateException when one part does not come up, with the end of its log
   */
  public static Stack start(StackSettings settings) {
    return new Stack(settings);
  }

  /** {@code ip:port} of Envoy's listener, where clients connect. */
  public String address() {
    return addresses.listener();
  }

  public EnvoyProcess envoy() {
    return envoy;
  }

  public Service controlPlane() {
    return controlPlane;
  }

  /** The replicas of the ext_proc service. */
  public List<Service> replicas() {
    return replicas;
  }

  /** The folder of configurations and state. */
  public Path folder() {
    return folder;
  }

  /** The sum of a metric over all replicas that run; labels as {@link Service#metric} has them. */
  public double extProcMetric(String name, String... labels) {
    return replicas.stream()
        .filter(replica -> replica.process().isAlive())
        .mapToDouble(replica -> replica.metric(name, labels))
        .sum();
  }

  /**
   * Gives the control plane another file with other traffic; it notices by itself. The replicas
   * keep theirs.
   *
   * @param traffic see {@link StackSettings#traffic}
   */
  public void reconfigure(String traffic) {
    write("control-plane.yaml", controlPlaneConfig(settings.withTraffic(traffic)));
  }

  /** Starts the services anew, and returns when Envoy uses them. */
  public void restart() {
    var services = new ArrayList<>(replicas);
    services.add(controlPlane);
    services.forEach(Service::restart);
    services.forEach(Service::awaitReady);
    awaitServing();
  }

  /** Waits until Envoy listens and finds all replicas that run healthy, and no other. */
  public void awaitServing() {
    envoy.awaitReady(ENVOY_TIMEOUT);
    long alive = replicas.stream().filter(replica -> replica.process().isAlive()).count();
    Poll.until(
        "Envoy finds %d replicas healthy".formatted(alive),
        ENVOY_TIMEOUT,
        () -> {
          Map<String, Long> stats = envoy.admin().stats();
          return stats.getOrDefault("listener_manager.total_listeners_active", 0L) > 0
              && EXT_PROC_CLUSTERS.stream()
                  .allMatch(
                      cluster ->
                          stats.getOrDefault(
                                  "cluster.%s.membership_healthy".formatted(cluster), -1L)
                              == alive);
        },
        envoy::logTail);
  }

  @Override
  public void close() {
    var all = new ArrayList<AutoCloseable>();
    all.add(envoy);
    all.addAll(replicas);
    all.add(controlPlane);
    closeAll(all);
  }

  /** Closes each part, also when an earlier one can't be. */
  private void closeAll(List<AutoCloseable> parts) {
    var failure = new IllegalStateException("a part of the stack can't be closed");
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (Exception e) {
        failure.addSuppressed(e);
      }
    }
    if (System.getenv("WARMPATH_KEEP_LOGS") == null) {
      delete(folder);
    }
    if (failure.getSuppressed().length > 0) {
      throw failure;
    }
  }

  private String controlPlaneConfig(StackSettings of) {
    return """
    control_plane:
      address: %s
      admin_address: %s
      state_directory: '%s'
    %s\
    envoy:
      listener_address: %s
      ext_proc_addresses: [%s]
    %s\
    %s\
    %s\
    """
        .formatted(
            addresses.controlPlane(),
            addresses.controlPlaneAdmin(),
            folder.resolve("control-plane"),
            of.controlPlane().indent(2),
            addresses.listener(),
            String.join(
                ", ", addresses.replicas().stream().map(Addresses.Replica::address).toList()),
            of.envoy().indent(2),
            secrets(),
            of.traffic());
  }

  private String extProcConfig(int index) {
    return """
    ext_proc:
      address: %s
      admin_address: %s
      control_plane_address: %s
      replica: replica-%d
      state_directory: '%s'
    %s\
    %s\
    %s\
    """
        .formatted(
            addresses.replicas().get(index).address(),
            addresses.replicas().get(index).adminAddress(),
            addresses.controlPlane(),
            index,
            folder.resolve("ext-proc-" + index),
            settings.extProc().indent(2),
            secrets(),
            settings.traffic());
  }

  private String secrets() {
    return """
    secrets:
      index_secret_file: '%s'
      export_secret_file: '%s'
    """
        .formatted(folder.resolve("index.key"), folder.resolve("export.key"));
  }

  private String bootstrap() {
    return EnvoyBootstrap.yaml(
        new EnvoyBootstrap.Node(
            "stack", "stack", "127.0.0.1:0", addresses.controlPlane(), Tls.getDefaultInstance()));
  }

  private void writeSecret(String name) {
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    write(name, HexFormat.of().formatHex(secret));
  }

  /** Whole or not at all: the control plane watches its file. */
  private Path write(String name, String text) {
    Path file = folder.resolve(name);
    Path next = folder.resolve(name + ".next");
    try {
      Files.writeString(next, text);
      return Files.move(
          next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IllegalStateException(folder + " (expected: a folder that can rename)", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path newFolder() {
    try {
      return Files.createTempDirectory("warmpath-stack-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
