package dev.warmpath.controlplane.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.warmpath.fleet.v1.Hello;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgreementTest {
  private static final ByteString OURS = ByteString.copyFromUtf8("ours");
  private static final ByteString OTHER = ByteString.copyFromUtf8("other");

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Agreement agreement = new Agreement(meters);

  AgreementTest() {
    agreement.configured(OURS);
  }

  @Test
  void replicas_withTheConfigurationInForce_areNoComplaint() {
    agreement.look(List.of(hello("a", OURS), hello("b", OURS)), 0);
    assertThat(agreement.complaints()).isEmpty();
    assertThat(differing()).isZero();
    assertThat(secretSets()).isOne();
  }

  @Test
  void configuration_changed_namesThoseThatReadTheOldOneUntilTheyReadItAnew() {
    List<Hello> old = List.of(hello("a", OURS), hello("b", OURS));
    agreement.look(old, 0);
    agreement.configured(OTHER);
    agreement.look(old, 1);
    assertThat(agreement.complaints()).singleElement().asString().contains("restart", ": a, b");
    assertThat(differing()).isEqualTo(2);

    agreement.look(List.of(hello("a", OTHER), hello("b", OURS)), 2);
    assertThat(agreement.complaints()).singleElement().asString().endsWith(": b");
    agreement.look(List.of(hello("a", OTHER)), 3);
    assertThat(agreement.complaints()).isEmpty();
    assertThat(differing()).isZero();
  }

  @Test
  void secrets_thatDiffer_areAComplaint() {
    Hello one = hello("a", OURS);
    agreement.look(List.of(one, one.toBuilder().setExportSecretTag(9).build()), 0);
    assertThat(agreement.complaints()).singleElement().asString().contains("2 different pairs");
    assertThat(secretSets()).isEqualTo(2);
    assertThat(differing()).isZero();
  }

  @Test
  void replica_thatTellsNothing_isNotCounted() {
    Hello silent = Hello.newBuilder().setReplica("old").build();
    agreement.look(List.of(silent, hello("a", OURS)), 0);
    assertThat(agreement.complaints()).isEmpty();
    assertThat(differing()).isZero();
    assertThat(secretSets()).isOne();
  }

  @Test
  void names_manyAndOdd_areBoundedAndOfOneLine() {
    agreement.look(Collections.nCopies(Agreement.MAX_NAMED + 2, hello("x\nready", OTHER)), 0);
    assertThat(agreement.complaints())
        .singleElement()
        .asString()
        .endsWith("x\\nready and 2 more")
        .doesNotContain("\n");
  }

  @Test
  void log_aDifferenceThatStands_isToldOnceAndNotTooOften() {
    List<Hello> stale = List.of(hello("a", OTHER));
    agreement.look(stale, 0);
    assertThat(agreement.told()).isZero();
    agreement.look(stale, Agreement.STANDS_NANOS);
    agreement.look(stale, 10 * Agreement.LOG_EVERY_NANOS);
    assertThat(agreement.told()).isOne();

    long now = 10 * Agreement.LOG_EVERY_NANOS;
    agreement.look(List.of(), now);
    agreement.look(List.of(), now + Agreement.STANDS_NANOS);
    assertThat(agreement.told()).isEqualTo(2);
    long again = now + Agreement.STANDS_NANOS + 1;
    agreement.look(stale, again);
    agreement.look(stale, again + Agreement.STANDS_NANOS);
    assertThat(agreement.told()).as("before the shortest time").isEqualTo(2);
    agreement.look(stale, again + Agreement.LOG_EVERY_NANOS);
    assertThat(agreement.told()).isEqualTo(3);
  }

  @Test
  void log_aDifferenceThatPasses_isNotTold() {
    agreement.look(List.of(hello("a", OTHER)), 0);
    agreement.look(List.of(hello("a", OURS)), Agreement.STANDS_NANOS - 1);
    agreement.look(List.of(hello("a", OURS)), 10 * Agreement.STANDS_NANOS);
    assertThat(agreement.told()).isZero();
  }

  private double differing() {
    return meters.get("warmpath.fleet.replicas.differing").gauge().value();
  }

  private double secretSets() {
    return meters.get("warmpath.fleet.secrets").gauge().value();
  }

  private static Hello hello(String name, ByteString digest) {
    return Hello.newBuilder()
        .setReplica(name)
        .setConfigDigest(digest)
        .setIndexSecretTag(1)
        .setExportSecretTag(2)
        .build();
  }
}
