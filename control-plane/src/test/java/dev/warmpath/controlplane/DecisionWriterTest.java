package dev.warmpath.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Mode;
import dev.warmpath.controlplane.audit.AuditEntry;
import dev.warmpath.controlplane.audit.AuditEntry.Outcome;
import dev.warmpath.controlplane.audit.AuditLog;
import dev.warmpath.controlplane.loop.Change;
import dev.warmpath.controlplane.loop.EndpointName;
import dev.warmpath.controlplane.loop.Loop.Proposal;
import dev.warmpath.controlplane.loop.LoopName;
import dev.warmpath.controlplane.snapshot.Health;
import dev.warmpath.controlplane.snapshot.Snapshot;
import dev.warmpath.controlplane.snapshot.XdsType;
import dev.warmpath.controlplane.store.StateDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecisionWriterTest {
  private static final EndpointName A = new EndpointName("chat", "a");
  private static final Proposal OUT =
      new Proposal(
          LoopName.HEALTH,
          new Change.EndpointHealth(A, Health.HEALTHY, Health.UNHEALTHY),
          "3 bad probes in a row");

  @TempDir private Path directory;

  private final List<Snapshot> published = new ArrayList<>();
  private StateDirectory state;
  private AuditLog audit;

  @BeforeEach
  void open() throws IOException {
    state = StateDirectory.open(directory.resolve("state"));
    audit = new AuditLog(state.auditFile(), 1 << 20);
  }

  @AfterEach
  void close() throws IOException {
    audit.close();
    state.close();
  }

  @Test
  void begin_firstStart_publishesTheConfiguration() throws Exception {
    DecisionWriter writer = begin(config("ACTIVE", "a", "b"));
    assertThat(published).hasSize(1);
    assertThat(writer.served().standing().version()).isZero();
    assertThat(last().reason()).isEqualTo("nothing was kept: a first start");
  }

  @Test
  void proposal_active_isPersistedPublishedAndAudited() throws Exception {
    DecisionWriter writer = begin(config("ACTIVE", "a", "b"));
    writer.propose(OUT, Mode.ACTIVE);
    assertThat(published).hasSize(2);
    assertThat(published.get(1).version(XdsType.ENDPOINT))
        .isNotEqualTo(published.get(0).version(XdsType.ENDPOINT));
    assertThat(published.get(1).version(XdsType.CLUSTER))
        .isEqualTo(published.get(0).version(XdsType.CLUSTER));
    assertThat(last())
        .extracting(
            AuditEntry::actor,
            AuditEntry::outcome,
            AuditEntry::version,
            AuditEntry::subject,
            AuditEntry::before,
            AuditEntry::after,
            AuditEntry::reason)
        .containsExactly(
            "health",
            Outcome.APPLIED,
            "1",
            "chat/a",
            "HEALTHY",
            "UNHEALTHY",
            "3 bad probes in a row");
  }

  @Test
  void restart_anyOne_publishesTheSameVersions() throws Exception {
    begin(config("ACTIVE", "a", "b")).propose(OUT, Mode.ACTIVE);
    DecisionWriter again = begin(config("ACTIVE", "a", "b"));
    assertThat(published).hasSize(3);
    assertThat(published.get(2)).isEqualTo(published.get(1));
    assertThat(again.served().standing().version()).isEqualTo(1);
  }

  @Test
  void proposal_forecast_isOnlyRecordedAndMovesTheForecast() throws Exception {
    DecisionWriter writer = begin(config("FORECAST", "a", "b"));
    writer.propose(OUT, Mode.FORECAST);
    assertThat(published).hasSize(1);
    assertThat(writer.served().standing().version()).isZero();
    assertThat(last().outcome()).isEqualTo(Outcome.FORECAST);
    assertThat(writer.basis(Mode.FORECAST).endpoint("chat", "a").health())
        .isEqualTo(Health.UNHEALTHY);
    assertThat(writer.basis(Mode.ACTIVE).endpoint("chat", "a").health()).isEqualTo(Health.HEALTHY);
  }

  @Test
  void proposal_thatCannotBePersisted_isNotServed() throws Exception {
    DecisionWriter writer = begin(config("ACTIVE", "a", "b"));
    // A folder in the place of the new file: the write fails, for root too.
    Files.createDirectory(directory.resolve("state/decisions.next"));
    writer.propose(OUT, Mode.ACTIVE);
    assertThat(published).hasSize(1);
    assertThat(writer.served().decisions().endpoint("chat", "a").health())
        .isEqualTo(Health.HEALTHY);
    assertThat(last().outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(last().reason()).contains("can't be persisted");
  }

  @Test
  void store_broken_servesThePreviousAndSaysSo() throws Exception {
    DecisionWriter writer = begin(config("ACTIVE", "a", "b"));
    writer.propose(OUT, Mode.ACTIVE);
    assertThat(writer.drain(new EndpointName("chat", "b"), true)).isEmpty();
    Files.writeString(directory.resolve("state/decisions"), "damage");
    DecisionWriter again = begin(config("ACTIVE", "a", "b"));
    assertThat(again.served().decisions().endpoint("chat", "a").health())
        .isEqualTo(Health.UNHEALTHY);
    assertThat(again.served().decisions().endpoint("chat", "b").health()).isEqualTo(Health.HEALTHY);
    assertThat(last().reason()).startsWith("the state before the last is served");
  }

  @Test
  void store_lost_servesTheConfigurationAndSaysSo() throws Exception {
    Files.writeString(directory.resolve("state/decisions"), "damage");
    DecisionWriter writer = begin(config("ACTIVE", "a", "b"));
    assertThat(writer.served().standing().version()).isZero();
    assertThat(last().reason()).startsWith("the configured values are served");
  }

  @Test
  void configuration_changed_keepsWhatItStillKnows() throws Exception {
    DecisionWriter writer = begin(config("ACTIVE", "a", "b"));
    writer.propose(OUT, Mode.ACTIVE);
    assertThat(writer.configure(config("ACTIVE", "a", "b", "c"))).isEmpty();
    assertThat(writer.served().decisions().endpoint("chat", "a").health())
        .isEqualTo(Health.UNHEALTHY);
    assertThat(writer.configure(config("ACTIVE", "b", "c"))).isEmpty();
    assertThat(writer.served().standing().unhealthy()).isEmpty();
    assertThat(last().actor()).isEqualTo("configuration");
  }

  @Test
  void loop_noLongerActive_losesItsSayOnTheNextStart() throws Exception {
    begin(config("ACTIVE", "a", "b")).propose(OUT, Mode.ACTIVE);
    DecisionWriter writer = begin(config("FORECAST", "a", "b"));
    assertThat(writer.served().decisions().endpoint("chat", "a").health())
        .isEqualTo(Health.HEALTHY);
    assertThat(writer.served().standing().version()).isEqualTo(2);
    assertThat(last().reason()).contains("no longer");
  }

  @Test
  void drainAndFreeze_ofAnOperator_surviveARestart() throws Exception {
    DecisionWriter writer = begin(config("ACTIVE", "a", "b"));
    assertThat(writer.drain(A, true)).isEmpty();
    assertThat(writer.freeze(LoopName.WEIGHT, true)).isEmpty();
    int before = published.size();
    assertThat(writer.freeze(LoopName.WEIGHT, true)).isEmpty();
    assertThat(published).hasSize(before);
    DecisionWriter again = begin(config("ACTIVE", "a", "b"));
    assertThat(again.served().decisions().endpoint("chat", "a").health())
        .isEqualTo(Health.DRAINING);
    assertThat(again.served().standing().frozen()).containsExactly(LoopName.WEIGHT);
  }

  @Test
  void weights_proposed_changeOnlyTheirPool() throws Exception {
    DecisionWriter writer = begin(config("ACTIVE", "a", "b"));
    var before = new TreeMap<String, Integer>();
    before.put("a", 1000);
    before.put("b", 1000);
    var after = new TreeMap<String, Integer>();
    after.put("a", 1200);
    after.put("b", 800);
    writer.propose(
        new Proposal(LoopName.WEIGHT, new Change.Weights("chat", before, after), "rates"),
        Mode.ACTIVE);
    assertThat(writer.served().decisions().endpoint("chat", "a").weight()).isEqualTo(1200);
    assertThat(last().after()).isEqualTo("{a=1200, b=800}");
  }

  private DecisionWriter begin(Config config) {
    return DecisionWriter.begin(
        config,
        state.decisions(),
        published::add,
        new DecisionWriter.Recorder(audit, InstantSource.fixed(Instant.EPOCH), _ -> {}));
  }

  private AuditEntry last() {
    return audit.tail().getLast();
  }

  private static Config config(String mode, String... ids) throws ConfigException {
    var yaml =
        new StringBuilder(
            """
            control_plane: {address: "127.0.0.1:1", admin_address: "127.0.0.1:2"}
            envoy: {listener_address: "127.0.0.1:3", ext_proc_addresses: ["127.0.0.1:4"]}
            routes: [{id: chat, pool: chat}]
            loops: {weight: %s, health: %s, hash_key: %s}
            pools:
              - name: chat
                endpoints:
            """
                .formatted(mode, mode, mode));
    for (String id : ids) {
      yaml.append("      - {address: \"127.0.0.1:")
          .append(1000 + id.charAt(0))
          .append("\", id: ")
          .append(id)
          .append("}\n");
    }
    return ConfigFile.parse(yaml.toString(), "test.yaml");
  }
}
