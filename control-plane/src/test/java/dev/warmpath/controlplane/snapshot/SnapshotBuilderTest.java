package dev.warmpath.controlplane.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Pool;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SnapshotBuilderTest {
  private static Set<XdsType> changed(Snapshot before, Snapshot after) {
    var changed = EnumSet.noneOf(XdsType.class);
    for (XdsType type : XdsType.values()) {
      if (!before.version(type).equals(after.version(type))) {
        changed.add(type);
      }
    }
    return changed;
  }

  @Test
  void build_smallConfiguration_hasEachResource() {
    Snapshot snapshot = Fixtures.snapshot(Fixtures.small());

    assertThat(snapshot.of(XdsType.CLUSTER).byName())
        .containsOnlyKeys("claude", "llama", "warmpath_decide", "warmpath_watch");
    assertThat(snapshot.of(XdsType.SECRET).byName())
        .containsOnlyKeys("provider/claude/authorities", "provider/claude/credential");
    assertThat(snapshot.of(XdsType.ENDPOINT).byName()).containsOnlyKeys("llama");
    assertThat(snapshot.of(XdsType.LISTENER).byName()).containsOnlyKeys("warmpath");
    assertThat(snapshot.of(XdsType.ROUTE).byName()).containsOnlyKeys("warmpath");
  }

  @Test
  void build_twice_isEqualToTheByte() {
    assertThat(Fixtures.snapshot(Fixtures.small())).isEqualTo(Fixtures.snapshot(Fixtures.small()));
  }

  @Test
  void build_otherOrderOfWhatHasNone_isEqual() {
    Config config =
        Fixtures.config(
            Fixtures.SMALL
                + """
                - id: header
                  headers: {x-a: "1", x-b: "2"}
                  pool: llama
                """);
    Config reordered =
        Fixtures.config(
            Fixtures.SMALL
                + """
                - id: header
                  headers: {x-b: "2", x-a: "1"}
                  pool: llama
                """);
    Pool pool = config.getPools(0);
    var endpoints = new ArrayList<>(pool.getEndpointsList()).reversed();
    reordered =
        reordered.toBuilder()
            .setPools(0, pool.toBuilder().clearEndpoints().addAllEndpoints(endpoints))
            .build();

    assertThat(Fixtures.snapshot(reordered)).isEqualTo(Fixtures.snapshot(config));
  }

  @Test
  void build_weightOrHealth_changesEndpointsOnly() {
    Config config = Fixtures.small();
    Decisions decisions = Decisions.of(config);
    Snapshot before = SnapshotBuilder.build(config, decisions);

    assertThat(
            changed(before, SnapshotBuilder.build(config, decisions.withWeight("llama", "a", 1))))
        .containsExactly(XdsType.ENDPOINT);
    assertThat(
            changed(
                before,
                SnapshotBuilder.build(config, decisions.withHealth("llama", "a", Health.DRAINING))))
        .containsExactly(XdsType.ENDPOINT);
  }

  @Test
  void build_hashKey_changesRoutesOnly() {
    Config config = Fixtures.small();
    Decisions decisions = Decisions.of(config);
    Snapshot before = SnapshotBuilder.build(config, decisions);

    for (HashKey key : List.of(HashKey.ROOT, HashKey.SESSION)) {
      assertThat(changed(before, SnapshotBuilder.build(config, decisions.withHashKey("chat", key))))
          .containsExactly(XdsType.ROUTE);
    }
  }

  /** Once a loop's choice of no key replaced the cluster, and closed its connections. */
  @ParameterizedTest
  @EnumSource(HashKey.class)
  void build_hashKeyWhereTheLoopMayChoose_changesRoutesOnly(HashKey before) {
    Config config = Fixtures.config(Fixtures.SMALL + "loops: {hash_key: ACTIVE}\n");
    Decisions decisions = Decisions.of(config);
    Snapshot served = SnapshotBuilder.build(config, decisions.withHashKey("chat", before));

    for (HashKey after : EnumSet.complementOf(EnumSet.of(before))) {
      assertThat(
              changed(served, SnapshotBuilder.build(config, decisions.withHashKey("chat", after))))
          .as(before + " to " + after)
          .containsExactly(XdsType.ROUTE);
    }
  }

  @Test
  void build_lastHashingRouteStops_changesTheClusterAndWithItItsEndpoints() {
    Config config = Fixtures.small();
    Decisions decisions = Decisions.of(config);

    assertThat(
            changed(
                SnapshotBuilder.build(config, decisions),
                SnapshotBuilder.build(config, decisions.withHashKey("chat", HashKey.NONE))))
        .containsExactlyInAnyOrder(XdsType.CLUSTER, XdsType.ENDPOINT, XdsType.ROUTE);
  }

  @Test
  void build_weightThereAndBack_isTheOldVersion() {
    Config config = Fixtures.small();
    Decisions decisions = Decisions.of(config);

    assertThat(
            SnapshotBuilder.build(
                config, decisions.withWeight("llama", "a", 1).withWeight("llama", "a", 2000)))
        .isEqualTo(SnapshotBuilder.build(config, decisions));
  }

  @Test
  void build_namesThatClash_areRefused() {
    Config clash =
        Fixtures.small().toBuilder()
            .setProviders(0, Fixtures.small().getProviders(0).toBuilder().setName("llama"))
            .build();
    Config reserved =
        Fixtures.small().toBuilder()
            .setPools(0, Fixtures.small().getPools(0).toBuilder().setName("warmpath_watch"))
            .build();
    Config routes = Fixtures.small().toBuilder().addRoutes(Fixtures.small().getRoutes(0)).build();

    assertThatThrownBy(() -> Fixtures.snapshot(clash)).hasMessageContaining("providers: llama");
    assertThatThrownBy(() -> Fixtures.snapshot(reserved))
        .hasMessageContaining("pools: warmpath_watch");
    assertThatThrownBy(() -> Fixtures.snapshot(routes)).hasMessageContaining("routes: claude");
  }

  @Test
  void build_decisionsOfAnotherConfiguration_areRefused() {
    Config config = Fixtures.small();
    Config other =
        config.toBuilder()
            .setPools(
                0,
                config.getPools(0).toBuilder()
                    .setEndpoints(0, config.getPools(0).getEndpoints(0).toBuilder().setId("c")))
            .build();

    assertThatThrownBy(() -> SnapshotBuilder.build(other, Decisions.of(config)))
        .hasMessageContaining("llama/c");
    assertThat(SnapshotBuilder.build(other, Decisions.of(config).fitted(other))).isNotNull();
  }
}
