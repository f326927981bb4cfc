package dev.warmpath.controlplane.discovery;

import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.v1.Config;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.HashKey;
import dev.warmpath.controlplane.snapshot.Health;
import dev.warmpath.controlplane.snapshot.Snapshot;
import dev.warmpath.controlplane.snapshot.SnapshotBuilder;

/** Snapshots that differ in one thing each. */
final class Snapshots {
  private static final String ENVOY =
      """
      envoy:
        listener_address: 127.0.0.1:10000
        ext_proc_addresses: ["127.0.0.1:9000"]
      """;

  private static final String LLAMA =
      """
      - name: llama
        endpoints:
        - address: 127.0.0.1:8000
          id: a
        - address: 127.0.0.1:8001
          id: b
      """;

  private static final String QWEN =
      """
      - name: qwen
        endpoints:
        - address: 127.0.0.1:8002
      """;

  private static final Config ONE_POOL =
      config(
          ENVOY
              + "pools:\n"
              + LLAMA
              + """
              routes:
              - id: chat
                pool: llama
              """);

  private static final Decisions ONE_POOL_DECISIONS = Decisions.of(ONE_POOL);

  /** Pool llama with endpoints a and b, route chat leading there. */
  static final Snapshot FIRST = SnapshotBuilder.build(ONE_POOL, ONE_POOL_DECISIONS);

  /** As {@link #FIRST}, an endpoint weighing more. */
  static final Snapshot WEIGHT =
      SnapshotBuilder.build(ONE_POOL, ONE_POOL_DECISIONS.withWeight("llama", "a", 1200));

  /** As {@link #FIRST}, an endpoint draining. */
  static final Snapshot DRAIN =
      SnapshotBuilder.build(ONE_POOL, ONE_POOL_DECISIONS.withHealth("llama", "a", Health.DRAINING));

  /** As {@link #FIRST}, the route hashing another key. */
  static final Snapshot HASH_KEY =
      SnapshotBuilder.build(ONE_POOL, ONE_POOL_DECISIONS.withHashKey("chat", HashKey.ROOT));

  /** As {@link #FIRST}, with a pool more and a route to it. */
  static final Snapshot SECOND_POOL =
      of(
          ENVOY
              + "pools:\n"
              + LLAMA
              + QWEN
              + """
              routes:
              - id: chat
                pool: llama
              - id: qwen
                path_prefix: /qwen
                pool: qwen
              """);

  /** As {@link #FIRST}, with a pool more that no route leads to. */
  static final Snapshot UNROUTED_POOL =
      of(
          ENVOY
              + "pools:\n"
              + LLAMA
              + QWEN
              + """
              routes:
              - id: chat
                pool: llama
              """);

  /** Pool qwen instead of pool llama, the route leading there. */
  static final Snapshot OTHER_POOL =
      of(
          ENVOY
              + "pools:\n"
              + QWEN
              + """
              routes:
              - id: chat
                pool: qwen
              """);

  /** Pool mistral instead, the route leading there. */
  static final Snapshot THIRD_POOL =
      of(
          ENVOY
              + """
              pools:
              - name: mistral
                endpoints:
                - address: 127.0.0.1:8003
              routes:
              - id: chat
                pool: mistral
              """);

  /** As {@link #FIRST}, with three secrets: a credential, and the authorities of two providers. */
  static final Snapshot SECRETS =
      of(
          ENVOY
              + "pools:\n"
              + LLAMA
              + """
              providers:
              - name: claude
                address: claude.example:443
                api: anthropic_messages
                credential_file: /secrets/claude
              - name: openai
                address: openai.example:443
                api: openai_chat
              routes:
              - id: chat
                pool: llama
              - id: claude
                path_prefix: /v1/messages
                provider: claude
              - id: openai
                path_prefix: /openai
                provider: openai
              """);

  private Snapshots() {}

  static Snapshot of(String yaml) {
    Config config = config(yaml);
    return SnapshotBuilder.build(config, Decisions.of(config));
  }

  private static Config config(String yaml) {
    try {
      return ConfigFile.parse(yaml, "test.yaml");
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
