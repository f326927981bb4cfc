package dev.warmpath.e2e.stack;

import dev.warmpath.e2e.envoy.EnvoyProcess;
import java.util.ArrayList;
import java.util.List;

/**
 * What a stack is made of. Texts are YAML, as an operator writes it; addresses, ports, secrets and
 * state directories are the stack's own affair.
 *
 * @param replicas of the ext_proc service
 * @param traffic the top-level sections that all processes share: {@code pools}, {@code providers},
 *     {@code routes}, {@code loops}, {@code tenant}, …
 * @param extProc further fields of section {@code ext_proc}
 * @param controlPlane further fields of section {@code control_plane}
 * @param envoy further fields of section {@code envoy}
 * @param envoyOptions how Envoy is run; its ready timeout is not used, the stack waits by itself
 * @param jvmFlags of each service
 * @param processor main class of what takes the place of the ext_proc service
 */
public record StackSettings(
    int replicas,
    String traffic,
    String extProc,
    String controlPlane,
    String envoy,
    EnvoyProcess.Options envoyOptions,
    List<String> jvmFlags,
    String processor) {
  private static final String EXT_PROC = "dev.warmpath.extproc.ExtProcMain";
  private static final List<String> JVM_FLAGS =
      List.of("-Xmx512m", "-XX:+UseCompactObjectHeaders", "-XX:+ExitOnOutOfMemoryError");

  public StackSettings {
    if (replicas < 1) {
      throw new IllegalArgumentException(replicas + " (expected: replicas >= 1)");
    }
    jvmFlags = List.copyOf(jvmFlags);
  }

  /** Two replicas, nothing but what {@code traffic} says. */
  public static StackSettings of(String traffic) {
    return new StackSettings(
        2, traffic, "", "", "", EnvoyProcess.Options.DEFAULTS, JVM_FLAGS, EXT_PROC);
  }

  /**
   * One pool of engines and one route to it, both active, as well as all loops.
   *
   * @param pool name of the pool; the route is called {@code chat}
   * @param engines {@code ip:port} of each; their ids are {@code e0}, {@code e1}…
   * @param more fields of the pool, one a line
   */
  public static String pool(String pool, List<String> engines, String... more) {
    var yaml = new StringBuilder("pools:\n- name: %s\n  endpoints:\n".formatted(pool));
    for (int i = 0; i < engines.size(); i++) {
      yaml.append("  - {address: '%s', id: e%d}\n".formatted(engines.get(i), i));
    }
    for (String line : more) {
      yaml.append("  ").append(line).append('\n');
    }
    return yaml.append(
            """
            routes:
            - {id: chat, path_prefix: /v1/chat/completions, pool: %s, pick: active}
            loops: {weight: active, health: active, hash_key: active}
            """
                .formatted(pool))
        .toString();
  }

  public StackSettings withReplicas(int value) {
    return new StackSettings(
        value, traffic, extProc, controlPlane, envoy, envoyOptions, jvmFlags, processor);
  }

  /** Other pools, providers, routes, loops. */
  public StackSettings withTraffic(String value) {
    return new StackSettings(
        replicas, value, extProc, controlPlane, envoy, envoyOptions, jvmFlags, processor);
  }

  /** Further fields of section {@code ext_proc}, such as {@code max_body_bytes: 1MiB}. */
  public StackSettings withExtProc(String more) {
    return new StackSettings(
        replicas,
        traffic,
        extProc + more + '\n',
        controlPlane,
        envoy,
        envoyOptions,
        jvmFlags,
        processor);
  }

  /** Such as {@code max_replicas: 1}. */
  public StackSettings withControlPlane(String value) {
    return new StackSettings(
        replicas, traffic, extProc, value, envoy, envoyOptions, jvmFlags, processor);
  }

  /** Such as {@code oversize: refuse}. */
  public StackSettings withEnvoy(String value) {
    return new StackSettings(
        replicas, traffic, extProc, controlPlane, value, envoyOptions, jvmFlags, processor);
  }

  public StackSettings withEnvoyOptions(EnvoyProcess.Options value) {
    return new StackSettings(
        replicas, traffic, extProc, controlPlane, envoy, value, jvmFlags, processor);
  }

  /** In place of the stack's own, which bound the heap. */
  public StackSettings withJvmFlags(String... value) {
    return new StackSettings(
        replicas, traffic, extProc, controlPlane, envoy, envoyOptions, List.of(value), processor);
  }

  /**
   * Services that are up in half the time, since the optimizing compiler stays off: for tests that
   * start them often and measure no speed.
   */
  public StackSettings withQuickStart() {
    var flags = new ArrayList<>(jvmFlags);
    flags.add("-XX:TieredStopAtLevel=1");
    return new StackSettings(
        replicas, traffic, extProc, controlPlane, envoy, envoyOptions, flags, processor);
  }

  /**
   * Replicas that serve sooner.
   *
   * @param exchanges a tenth of the default will do where Envoy waits for longer than by default
   */
  public StackSettings withWarmUp(int exchanges) {
    return withExtProc("warm_up_exchanges: " + exchanges);
  }

  /**
   * Something else in place of the ext_proc service, to compare with.
   *
   * @param mainClass takes the service's configuration by {@code --config} and answers {@code
   *     /readyz} at its admin address
   */
  public StackSettings withProcessor(String mainClass) {
    return new StackSettings(
        replicas, traffic, extProc, controlPlane, envoy, envoyOptions, jvmFlags, mainClass);
  }
}
