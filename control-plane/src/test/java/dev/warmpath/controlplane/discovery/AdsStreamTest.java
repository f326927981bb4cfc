package dev.warmpath.controlplane.discovery;

import static dev.warmpath.controlplane.snapshot.XdsType.CLUSTER;
import static dev.warmpath.controlplane.snapshot.XdsType.ENDPOINT;
import static dev.warmpath.controlplane.snapshot.XdsType.LISTENER;
import static dev.warmpath.controlplane.snapshot.XdsType.ROUTE;
import static dev.warmpath.controlplane.snapshot.XdsType.SECRET;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.controlplane.snapshot.Snapshot;
import dev.warmpath.controlplane.snapshot.XdsType;
import io.grpc.Status;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AdsStreamTest {
  private static final String CLUSTERS = "CLUSTER[llama, warmpath_decide, warmpath_watch]";

  /** An Envoy that has taken all of a snapshot with pool llama. */
  private static FakeNode settled(Snapshot snapshot) {
    var node = new FakeNode(snapshot);
    node.subscribe(CLUSTER);
    node.takeAndAck();
    node.subscribe(ENDPOINT, "llama");
    node.takeAndAck();
    node.subscribe(LISTENER);
    node.takeAndAck();
    node.subscribe(ROUTE, "warmpath");
    node.takeAndAck();
    return node;
  }

  @Test
  void request_nothingPublished_waitsForTheFirstSnapshot() {
    var node = new FakeNode(null);

    node.subscribe(CLUSTER);
    assertThat(node.take()).isEmpty();

    node.publish(Snapshots.FIRST);
    assertThat(node.take()).containsExactly(CLUSTERS);
  }

  @Test
  void request_freshNode_getsEachTypeAndNothingTwice() {
    var node = new FakeNode(Snapshots.FIRST);

    node.subscribe(CLUSTER);
    assertThat(node.takeAndAck()).containsExactly(CLUSTERS);
    node.subscribe(ENDPOINT, "llama");
    assertThat(node.takeAndAck()).containsExactly("ENDPOINT[llama]");
    node.subscribe(LISTENER);
    assertThat(node.takeAndAck()).containsExactly("LISTENER[warmpath]");
    node.subscribe(ROUTE, "warmpath");
    assertThat(node.takeAndAck()).containsExactly("ROUTE[warmpath]");
    node.publish(Snapshots.FIRST);
    assertThat(node.take()).isEmpty();
    assertThat(node.told)
        .containsExactly(
            "connected envoy-1",
            "ack envoy-1 CLUSTER",
            "ack envoy-1 ENDPOINT",
            "ack envoy-1 LISTENER",
            "ack envoy-1 ROUTE");
  }

  @Test
  void publish_weightOrHealth_sendsEndpointsOnly() {
    FakeNode node = settled(Snapshots.FIRST);

    node.publish(Snapshots.WEIGHT);
    assertThat(node.takeAndAck()).containsExactly("ENDPOINT[llama]");
    node.publish(Snapshots.DRAIN);
    assertThat(node.takeAndAck()).containsExactly("ENDPOINT[llama]");
  }

  @Test
  void publish_hashKey_sendsRoutesOnly() {
    FakeNode node = settled(Snapshots.FIRST);

    node.publish(Snapshots.HASH_KEY);

    assertThat(node.takeAndAck()).containsExactly("ROUTE[warmpath]");
  }

  @Test
  void publish_clustersChanged_endpointsFollowWithoutBeingAskedFor() {
    FakeNode node = settled(Snapshots.FIRST);

    node.publish(Snapshots.SECOND_POOL);

    // Of the new pool once its name is asked for; of the old one because Envoy may wait for it.
    assertThat(node.take())
        .containsExactly(
            "CLUSTER[llama, qwen, warmpath_decide, warmpath_watch]", "ENDPOINT[llama]");
    node.ack(ENDPOINT);
    node.rename(ENDPOINT, "llama", "qwen");
    assertThat(node.take()).containsExactly("ENDPOINT[llama, qwen]");
  }

  @Test
  void publish_clustersChanged_routesWaitUntilClustersAreAnswered() {
    FakeNode node = settled(Snapshots.FIRST);

    node.publish(Snapshots.SECOND_POOL);
    assertThat(node.take()).noneMatch(response -> response.startsWith("ROUTE"));

    node.ack(CLUSTER);
    assertThat(node.take()).containsExactly("ROUTE[warmpath]");
  }

  @Test
  void publish_clusterDropped_staysUntilNoRouteLeadsThere() {
    FakeNode node = settled(Snapshots.FIRST);

    node.publish(Snapshots.OTHER_POOL);
    assertThat(node.take())
        .containsExactly("CLUSTER[llama, qwen, warmpath_decide, warmpath_watch]");

    node.rename(ENDPOINT, "llama", "qwen");
    assertThat(node.take()).containsExactly("ENDPOINT[qwen]");
    node.ack(ENDPOINT);
    node.ack(CLUSTER);
    assertThat(node.take()).containsExactly("ROUTE[warmpath]");
    node.ack(ROUTE);
    node.pass(FakeNode.REMOVAL_DELAY_NANOS);
    assertThat(node.take()).containsExactly("CLUSTER[qwen, warmpath_decide, warmpath_watch]");
    node.ack(CLUSTER);
    assertThat(node.version(CLUSTER)).isEqualTo(Snapshots.OTHER_POOL.version(CLUSTER));
    assertThat(node.take()).isEmpty();
  }

  /** Once a request that waited for the ext_proc service then found no cluster: 503. */
  @Test
  void publish_clusterDropped_staysForRequestsOnTheirWay() {
    FakeNode node = movedToOtherPool();

    assertThat(node.take()).isEmpty();
    node.pass(FakeNode.REMOVAL_DELAY_NANOS - 1);
    node.publish(Snapshots.OTHER_POOL);
    assertThat(node.take()).isEmpty();
    assertThat(node.scheduled()).isEqualTo(1);

    node.pass(1);
    assertThat(node.take()).containsExactly("CLUSTER[qwen, warmpath_decide, warmpath_watch]");
    assertThat(node.scheduled()).isZero();
  }

  @Test
  void publish_clusterDroppedOfANodeThatCameBackWithItsRoutes_goesAfterTheDelay() {
    FakeNode before = settled(Snapshots.UNROUTED_POOL);
    var node = new FakeNode(Snapshots.UNROUTED_POOL);
    node.resume(CLUSTER, before.version(CLUSTER));
    node.resume(ROUTE, before.version(ROUTE), "warmpath");
    node.take();

    node.publish(Snapshots.FIRST);
    node.pass(FakeNode.REMOVAL_DELAY_NANOS);

    assertThat(node.take()).contains(CLUSTERS);
  }

  @Test
  void publish_droppedClusterWantedAgain_isNeverRemoved() {
    FakeNode node = movedToOtherPool();

    node.publish(Snapshots.FIRST);
    node.takeAndAck();
    node.pass(FakeNode.REMOVAL_DELAY_NANOS);

    // The other pool had its delay too.
    assertThat(node.takeAndAck()).containsExactly(CLUSTERS);
    assertThat(node.version(CLUSTER)).isEqualTo(Snapshots.FIRST.version(CLUSTER));
  }

  /** The last answer was to routes without the first pool. */
  private static FakeNode movedToOtherPool() {
    FakeNode node = settled(Snapshots.FIRST);
    node.publish(Snapshots.OTHER_POOL);
    assertThat(node.takeAndAck())
        .containsExactly(
            "CLUSTER[llama, qwen, warmpath_decide, warmpath_watch]", "ROUTE[warmpath]");
    return node;
  }

  @Test
  void publish_clusterDroppedAndRoutesRefused_clusterStays() {
    FakeNode node = settled(Snapshots.FIRST);

    node.publish(Snapshots.OTHER_POOL);
    node.ack(CLUSTER);
    node.take();
    node.nack(ROUTE, "no");
    node.publish(Snapshots.OTHER_POOL);

    assertThat(node.take()).isEmpty();
  }

  @Test
  void nack_sameSnapshot_isAnsweredByNothing() {
    var node = new FakeNode(Snapshots.FIRST);
    node.subscribe(CLUSTER);
    node.take();

    for (int i = 0; i < 1000; i++) {
      node.nack(CLUSTER, "bad cluster");
      node.publish(Snapshots.FIRST);
    }

    assertThat(node.take()).isEmpty();
    assertThat(node.told).containsExactly("connected envoy-1", "nack envoy-1 CLUSTER bad cluster");
  }

  @Test
  void nack_changedSnapshot_isSent() {
    FakeNode node = settled(Snapshots.FIRST);
    node.publish(Snapshots.HASH_KEY);
    node.take();
    node.nack(ROUTE, "bad route");

    node.publish(Snapshots.FIRST);

    assertThat(node.take()).containsExactly("ROUTE[warmpath]");
    assertThat(node.version(ROUTE)).isEqualTo(Snapshots.FIRST.version(ROUTE));
  }

  @Test
  void nack_routesThatLackedACluster_areTriedAgainOnceClustersAreTaken() {
    FakeNode node = settled(Snapshots.FIRST);
    node.publish(Snapshots.OTHER_POOL);
    node.nack(CLUSTER, "bad cluster");
    node.take();
    node.nack(ROUTE, "unknown cluster qwen");
    assertThat(node.take()).isEmpty();

    // The same routes, and clusters that differ from those that were refused.
    node.publish(
        Snapshots.of(
            """
            envoy:
              listener_address: 127.0.0.1:10000
              ext_proc_addresses: ["127.0.0.1:9001"]
            pools:
            - name: qwen
              endpoints:
              - address: 127.0.0.1:8002
            routes:
            - id: chat
              pool: qwen
            """));
    node.take();
    node.ack(CLUSTER);

    assertThat(node.take()).contains("ROUTE[warmpath]");
  }

  /** Once a refused cluster was offered again with every repair, and was refused again. */
  @Test
  void nack_clusterReplacedByAnother_isNotSentAgain() {
    FakeNode node = settled(Snapshots.FIRST);
    node.publish(Snapshots.OTHER_POOL);
    assertThat(node.take())
        .containsExactly("CLUSTER[llama, qwen, warmpath_decide, warmpath_watch]");
    node.nack(CLUSTER, "bad cluster qwen");
    node.take();
    node.nack(ROUTE, "unknown cluster qwen");
    assertThat(node.take()).isEmpty();

    node.publish(Snapshots.THIRD_POOL);
    assertThat(node.take())
        .containsExactly("CLUSTER[llama, mistral, warmpath_decide, warmpath_watch]");
    node.ack(CLUSTER);

    assertThat(node.take()).containsExactly("ROUTE[warmpath]");
    assertThat(node.version(ROUTE)).isEqualTo(Snapshots.THIRD_POOL.version(ROUTE));
    node.ack(ROUTE);
    node.pass(FakeNode.REMOVAL_DELAY_NANOS);
    assertThat(node.take()).containsExactly("CLUSTER[mistral, warmpath_decide, warmpath_watch]");
  }

  @Test
  void nack_longDetail_isCut() {
    var node = new FakeNode(Snapshots.FIRST);
    node.subscribe(CLUSTER);

    node.nack(CLUSTER, "x".repeat(100_000));

    assertThat(node.told.getLast()).hasSizeLessThan(DiscoveryServer.MAX_DETAIL_CHARS + 100);
  }

  @Test
  void answer_oldNonce_countsForNothing() {
    FakeNode node = settled(Snapshots.FIRST);
    String old = node.nonce(ENDPOINT);
    node.publish(Snapshots.WEIGHT);
    node.take();
    int before = node.told.size();

    node.nackWithNonce(ENDPOINT, "late", old);

    assertThat(node.told).hasSize(before);
    assertThat(node.take()).isEmpty();
    node.ack(ENDPOINT);
    assertThat(node.told).hasSize(before + 1);
  }

  @Test
  void request_unknownType_streamGoesOn() {
    var node = new FakeNode(Snapshots.FIRST);

    node.requestOfType("type.googleapis.com/envoy.service.runtime.v3.Runtime");
    node.subscribe(CLUSTER);

    assertThat(node.closed.isOk()).isTrue();
    assertThat(node.take()).containsExactly(CLUSTERS);
  }

  @Test
  void request_someNamesAbsent_othersAreSent() {
    var node = new FakeNode(Snapshots.FIRST);

    node.subscribe(ENDPOINT, "nobody", "llama");
    assertThat(node.takeAndAck()).containsExactly("ENDPOINT[llama]");
    node.subscribe(ROUTE, "nobody");
    node.subscribe(CLUSTER);
    assertThat(node.take()).containsExactly(CLUSTERS);
  }

  @Test
  void publish_absentNameAppears_isSent() {
    var node = new FakeNode(Snapshots.FIRST);
    node.subscribe(ENDPOINT, "qwen");
    assertThat(node.take()).isEmpty();

    node.publish(Snapshots.SECOND_POOL);

    assertThat(node.take()).containsExactly("ENDPOINT[qwen]");
  }

  @Test
  void request_fewerNames_isAnsweredByNothing() {
    var node = new FakeNode(Snapshots.SECOND_POOL);
    node.subscribe(ENDPOINT, "llama", "qwen");
    node.takeAndAck();

    node.rename(ENDPOINT, "llama");
    node.rename(ENDPOINT);

    assertThat(node.take()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = XdsType.class,
      names = {"CLUSTER", "LISTENER"})
  void request_wildcardByStar_getsAll(XdsType type) {
    var node = new FakeNode(Snapshots.FIRST);

    node.subscribe(type, "*");

    assertThat(node.take()).hasSize(1);
    assertThat(node.version(type)).isEqualTo(Snapshots.FIRST.version(type));
  }

  @Test
  void request_namesGivenUpAgain_isNoWildcard() {
    var node = new FakeNode(Snapshots.FIRST);
    node.subscribe(CLUSTER, "llama");
    assertThat(node.takeAndAck()).containsExactly("CLUSTER[llama]");

    node.rename(CLUSTER);
    node.publish(Snapshots.SECOND_POOL);

    assertThat(node.take()).isEmpty();
  }

  @Test
  void resume_equalVersions_getsNothing() {
    FakeNode before = settled(Snapshots.FIRST);
    var node = new FakeNode(Snapshots.FIRST);

    node.resume(CLUSTER, before.version(CLUSTER));
    node.resume(ENDPOINT, before.version(ENDPOINT), "llama");
    node.resume(LISTENER, before.version(LISTENER));
    node.resume(ROUTE, before.version(ROUTE), "warmpath");

    assertThat(node.take()).isEmpty();
  }

  @Test
  void resume_beforeTheFirstSnapshot_getsNothingOnceItIsEqual() {
    FakeNode before = settled(Snapshots.FIRST);
    var node = new FakeNode(null);
    node.resume(CLUSTER, before.version(CLUSTER));
    node.resume(ENDPOINT, before.version(ENDPOINT), "llama");

    node.publish(Snapshots.FIRST);

    assertThat(node.take()).isEmpty();
  }

  @Test
  void resume_otherVersion_getsWhatChanged() {
    FakeNode before = settled(Snapshots.FIRST);
    var node = new FakeNode(Snapshots.WEIGHT);

    node.resume(CLUSTER, before.version(CLUSTER));
    node.resume(ENDPOINT, before.version(ENDPOINT), "llama");

    assertThat(node.take()).containsExactly("ENDPOINT[llama]");
  }

  @Test
  void resume_versionOfFewerNames_getsTheRest() {
    var before = new FakeNode(Snapshots.SECOND_POOL);
    before.subscribe(ENDPOINT, "llama");
    before.takeAndAck();
    var node = new FakeNode(Snapshots.SECOND_POOL);

    node.resume(ENDPOINT, before.version(ENDPOINT), "llama", "qwen");

    assertThat(node.take()).containsExactly("ENDPOINT[llama, qwen]");
  }

  @Test
  void resume_clustersTakenButTheirEndpointsNotYet_getsEndpoints() {
    FakeNode before = settled(Snapshots.FIRST);
    before.publish(Snapshots.SECOND_POOL);
    String clusters = before.version(CLUSTER);
    var node = new FakeNode(Snapshots.SECOND_POOL);

    node.resume(CLUSTER, clusters);
    node.resume(ENDPOINT, Snapshots.FIRST.version(ENDPOINT), "llama");

    assertThat(node.take()).containsExactly("ENDPOINT[llama]");
  }

  @Test
  void resume_thenClusterDropped_staysUntilNoRouteLeadsThere() {
    FakeNode before = settled(Snapshots.FIRST);
    var node = new FakeNode(Snapshots.FIRST);
    node.resume(CLUSTER, before.version(CLUSTER));
    node.resume(ROUTE, before.version(ROUTE), "warmpath");

    node.publish(Snapshots.OTHER_POOL);

    assertThat(node.take())
        .containsExactly("CLUSTER[llama, qwen, warmpath_decide, warmpath_watch]");
  }

  @Test
  void publish_nodeTooSlow_skipsToTheNewest() {
    FakeNode node = settled(Snapshots.FIRST);
    node.ready = false;

    node.publish(Snapshots.WEIGHT);
    node.publish(Snapshots.DRAIN);
    assertThat(node.take()).isEmpty();
    node.becomeReady();

    assertThat(node.take()).containsExactly("ENDPOINT[llama]");
    assertThat(node.version(ENDPOINT)).isEqualTo(Snapshots.DRAIN.version(ENDPOINT));
  }

  @Test
  void secrets_oneRefused_othersAreTaken() {
    var node = new FakeNode(Snapshots.SECRETS);

    node.subscribe(
        SECRET,
        "provider/claude/authorities",
        "provider/claude/credential",
        "provider/openai/authorities");
    assertThat(node.take()).containsExactly("SECRET[provider/claude/authorities]");
    node.ack(SECRET);
    assertThat(node.take()).containsExactly("SECRET[provider/claude/credential]");
    node.nack(SECRET, "Invalid path: /secrets/claude");
    assertThat(node.take()).containsExactly("SECRET[provider/openai/authorities]");
    node.ack(SECRET);

    assertThat(node.take()).isEmpty();
    assertThat(node.told).contains("nack envoy-1 SECRET Invalid path: /secrets/claude");
  }

  @Test
  void secrets_allTaken_resumeGetsNothing() {
    String[] names = {
      "provider/claude/authorities", "provider/claude/credential", "provider/openai/authorities"
    };
    var before = new FakeNode(Snapshots.SECRETS);
    before.subscribe(SECRET, names);
    assertThat(before.takeAndAck()).hasSize(3);
    var node = new FakeNode(Snapshots.SECRETS);

    node.resume(SECRET, before.version(SECRET), names);

    assertThat(node.take()).isEmpty();
  }

  @Test
  void secrets_brokenOffInTheMiddle_resumeGetsAll() {
    String[] names = {"provider/claude/authorities", "provider/claude/credential"};
    var before = new FakeNode(Snapshots.SECRETS);
    before.subscribe(SECRET, names);
    var node = new FakeNode(Snapshots.SECRETS);

    node.resume(SECRET, before.version(SECRET), names);

    assertThat(node.takeAndAck()).hasSize(2);
  }

  @Test
  void request_foreignNode_isRefused() {
    var node = new FakeNode(Snapshots.FIRST, Set.of("envoy-2"));

    node.subscribe(CLUSTER);
    node.subscribe(ENDPOINT, "llama");

    assertThat(node.closed.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(node.take()).isEmpty();
    assertThat(node.told).isEmpty();
  }

  @Test
  void request_tooManyNames_isRefused() {
    var node = new FakeNode(Snapshots.FIRST);
    String[] names = new String[DiscoveryServer.MAX_NAMES + 1];
    Arrays.fill(names, "llama");

    node.subscribe(ENDPOINT, names);

    assertThat(node.closed.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(node.told).containsExactly("connected envoy-1", "disconnected envoy-1");
  }

  @Test
  void end_afterwards_nothingIsSentAndItIsToldOnce() {
    FakeNode node = settled(Snapshots.FIRST);

    node.disconnect();
    node.disconnect();
    node.publish(Snapshots.WEIGHT);

    assertThat(node.take()).isEmpty();
    assertThat(node.told).filteredOn(line -> line.startsWith("disconnected")).hasSize(1);
  }
}
