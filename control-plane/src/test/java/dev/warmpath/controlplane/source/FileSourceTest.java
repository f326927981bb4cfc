package dev.warmpath.controlplane.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.warmpath.controlplane.source.Source.Reading;
import dev.warmpath.controlplane.source.Topology.EndpointTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSourceTest {
  private static final String GOOD =
      """
      control_plane: {address: "127.0.0.1:1", admin_address: "127.0.0.1:2"}
      envoy: {listener_address: "127.0.0.1:3", ext_proc_addresses: ["127.0.0.1:4"]}
      pools:
        - name: chat
          engine: SGLANG
          endpoints: [{address: "127.0.0.1:5"}, {address: "127.0.0.1:6", id: b, drain: true}]
      routes: [{id: chat, pool: chat}]
      """;

  @TempDir private Path directory;

  @Test
  void file_readAgain_isUnchangedUntilItsBytesChange() throws IOException {
    Files.writeString(file(), GOOD);
    var source = new FileSource(file());
    assertThat(source.read()).isInstanceOf(Reading.Changed.class);
    assertThat(source.read()).isEqualTo(new Reading.Unchanged());
    Files.writeString(file(), GOOD + "# a comment\n");
    assertThat(source.read()).isInstanceOf(Reading.Changed.class);
  }

  @Test
  void file_faulty_isToldOnce() throws IOException {
    Files.writeString(file(), "pools: 3\n");
    var source = new FileSource(file());
    assertThat(source.read())
        .asInstanceOf(type(Reading.Faulty.class))
        .satisfies(faulty -> assertThat(faulty.faults()).isNotEmpty());
    assertThat(source.read()).isEqualTo(new Reading.Unchanged());
  }

  @Test
  void file_missing_isFaultyAndTakenUpWhenItComes() throws IOException {
    var source = new FileSource(file());
    assertThat(source.read()).isInstanceOf(Reading.Faulty.class);
    Files.writeString(file(), GOOD);
    assertThat(source.read()).isInstanceOf(Reading.Changed.class);
  }

  @Test
  void topology_ofAConfiguration_hasItsDefaults() throws IOException {
    Files.writeString(file(), GOOD);
    assertThat(new FileSource(file()).read())
        .asInstanceOf(type(Reading.Changed.class))
        .satisfies(
            changed -> {
              Topology topology = Topology.of(changed.config());
              assertThat(topology.poolRoutes()).containsExactly("chat");
              Topology.PoolTarget pool = topology.pools().getFirst();
              assertThat(pool.engine()).isEqualTo(EngineKind.SGLANG);
              assertThat(pool.metricsPath()).isEqualTo("/metrics");
              assertThat(pool.healthPath()).isEqualTo("/health");
              assertThat(pool.scrapeIntervalNanos()).isEqualTo(1_000_000_000L);
              assertThat(pool.endpoints())
                  .containsExactly(
                      new EndpointTarget("127.0.0.1:5", "127.0.0.1:5", 1000, false),
                      new EndpointTarget("b", "127.0.0.1:6", 1000, true));
            });
  }

  private Path file() {
    return directory.resolve("warmpath.yaml");
  }
}
