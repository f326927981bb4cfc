package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Duration;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Mode;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.config.v1.Route;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigFileTest {
  private static final String SMALLEST =
      """
      pools:
      - name: llama
        endpoints:
        - address: 127.0.0.1:8000
      routes:
      - id: chat
        pool: llama
      """;

  private static List<String> faults(String yaml, Section... needed) {
    ConfigException refused =
        catchThrowableOfType(ConfigException.class, () -> ConfigFile.parse(yaml, "w.yaml", needed));
    assertThat(refused).as("refused").isNotNull();
    return refused.faults().stream().map(Fault::toString).toList();
  }

  @Test
  void parse_smallestFile_hasAllDefaults() throws ConfigException {
    Config config = ConfigFile.parse(SMALLEST, "w.yaml");

    assertThat(config.getGeneration()).isEqualTo(1);
    Pool pool = config.getPools(0);
    assertThat(pool.getEngine()).isEqualTo(Pool.Engine.VLLM);
    assertThat(pool.getMetricsPath()).isEqualTo("/metrics");
    assertThat(pool.getScrapeInterval()).isEqualTo(Duration.newBuilder().setSeconds(1).build());
    assertThat(pool.getPrefillTokensPerSecond()).isEqualTo(8000);
    assertThat(pool.getIsolation()).isEqualTo(Pool.Isolation.SHARED);
    assertThat(pool.getEndpoints(0).getId()).isEqualTo("127.0.0.1:8000");
    assertThat(pool.getEndpoints(0).getWeight()).isEqualTo(1000);
    Route route = config.getRoutes(0);
    assertThat(route.getPathPrefix()).isEqualTo("/");
    assertThat(route.getPick()).isEqualTo(Mode.FORECAST);
    assertThat(route.getAnnotate()).isEqualTo(Mode.OFF);
    assertThat(route.getHashKey()).isEqualTo(Route.HashKey.CONVERSATION);
    assertThat(config.getLoops().getWeight()).isEqualTo(Mode.FORECAST);
    assertThat(config.getLoops().getWeightDeadband()).isEqualTo(0.15);
    assertThat(config.getPrefix().getBlockBytes()).isEqualTo(2048);
    assertThat(config.hasExtProc()).isFalse();
  }

  @Test
  void parse_everyKindOfFault_namesAllAtOnce() {
    assertThat(
            faults(
                """
                ext_proc:
                  address: 10.0.0.1:9000
                  admin_address: 0.0.0.0:9001
                  max_body_bytes: 12
                  max_body_bytes: 4MiB
                  max_dept: 3
                  plan_ttl: 12
                  event_loops: "4"
                pools:
                - name: Llama
                  engine: vlm
                  endpoints:
                  - address: localhost:80
                  - 7
                  prefill_tokens_per_second: .nan
                routes:
                - id: chat
                  pool: lama
                  provider: x
                  headers: {x-a: true, x-a: b, X-B: c}
                - id: chat
                - id: three
                  provider: claude
                  pick: active
                tls:
                """))
        .containsExactly(
            "w.yaml:2: ext_proc.address: 10.0.0.1:9000 (expected: 127.0.0.1:port, [::1]:port,"
                + " unix:/path, or ext_proc.tls: beyond loopback a listener needs TLS)",
            "w.yaml:3: ext_proc.admin_address: 0.0.0.0:9001 (expected: 127.0.0.1:port, [::1]:port:"
                + " what it serves is for this machine only)",
            "w.yaml:4: ext_proc.max_body_bytes: 12 (expected: bytes from 1KiB to 128MiB, as a"
                + " number or with KiB, MiB or GiB)",
            "w.yaml:5: ext_proc.max_body_bytes: a duplicate key (expected: each key once)",
            "w.yaml:6: ext_proc.max_dept: unknown key (expected: a known one; did you mean"
                + " max_depth?)",
            "w.yaml:7: ext_proc.plan_ttl: 12 (expected: a duration from 1s to 24h, with its unit:"
                + " ms, s, m or h)",
            "w.yaml:8: ext_proc.event_loops: 4 (expected: a whole number from 1 to 256; without"
                + " quotes)",
            "w.yaml:10: pools[0].name: Llama (expected: lower-case letters, digits, _, . and -, at"
                + " most 63, a letter or digit at both ends)",
            "w.yaml:11: pools[0].engine: vlm (expected: one of vllm, sglang; did you mean vllm?)",
            "w.yaml:13: pools[0].endpoints[0].address: localhost:80 (expected: ip:port)",
            "w.yaml:14: pools[0].endpoints[1]: a single value (expected: a mapping of address, id,"
                + " weight, drain)",
            "w.yaml:15: pools[0].prefill_tokens_per_second: .nan (expected: a number above 0 to"
                + " 1000000000)",
            "w.yaml:18: routes[0].pool: lama (expected: one of Llama; did you mean Llama?)",
            "w.yaml:19: routes[0].provider: set beside pool (expected: one of pool, provider)",
            "w.yaml:20: routes[0].headers[x-a]: (not shown) (expected: a string; in quotes)",
            "w.yaml:20: routes[0].headers[x-a]: a duplicate key (expected: each key once)",
            "w.yaml:20: routes[0].headers[X-B]: (not shown) (expected: at most 16 header names of"
                + " lower-case letters, digits and -, each with the value that it must have)",
            "w.yaml:21: routes[1]: a mapping (expected: one of pool, provider)",
            "w.yaml:21: routes[1].id: chat (expected: a name of its own: routes[0].id has this"
                + " one)",
            "w.yaml:23: routes[2].provider: claude (expected: a name from providers, of which there"
                + " are none)",
            "w.yaml:24: routes[2].pick: active (expected: off, since the route goes to a provider)",
            "w.yaml:25: tls: unknown key (expected: one of generation, ext_proc, control_plane,"
                + " envoy, secrets, tenant, pools, providers, routes, loops, prefix, models)");
  }

  @Test
  void accept_completeConfig_changesNothing() throws ConfigException {
    Config smallest = ConfigFile.parse(SMALLEST, "w.yaml");
    Config example = ConfigFile.read(Path.of("../conf/example.yaml"));

    assertThat(ConfigFile.accept(smallest, "fleet")).isEqualTo(smallest);
    assertThat(ConfigFile.accept(example, "fleet")).isEqualTo(example);
  }

  @Test
  void accept_wrongConfig_namesTheOriginWithoutALine() {
    ConfigException refused =
        catchThrowableOfType(
            ConfigException.class, () -> ConfigFile.accept(Config.getDefaultInstance(), "fleet"));

    assertThat(refused)
        .hasMessage("fleet: routes: (missing) (expected: a list of 1 to 1000 entries)");
  }
}
