package dev.warmpath.extproc.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.fleet.v1.ClusterView;
import dev.warmpath.fleet.v1.EndpointState;
import dev.warmpath.fleet.v1.EndpointView;
import org.junit.jupiter.api.Test;

class EngineEpochsTest {
  private final EngineEpochs epochs = new EngineEpochs();

  private long local(long told) {
    return epochs.local("pool", "10.0.0.1:8000", told);
  }

  @Test
  void local_neverTold_isUnknown() {
    assertThat(local(0)).isZero();
  }

  @Test
  void local_changesWithinAStream_isAnotherLife() {
    long first = local(7);

    assertThat(local(7)).isEqualTo(first);
    assertThat(local(8)).isNotEqualTo(first);
  }

  @Test
  void local_unknownInBetween_isTheSameLife() {
    long first = local(7);

    assertThat(local(0)).isEqualTo(first);
    assertThat(local(7)).isEqualTo(first);
  }

  @Test
  void local_anotherStreamCountsAnew_isTheSameLife() {
    long first = local(7);
    epochs.newStream();

    assertThat(local(1)).isEqualTo(first);
    assertThat(local(2)).isNotEqualTo(first);
  }

  @Test
  void keepOnly_endpointLeft_isForgotten() {
    long first = local(7);
    local(8);
    epochs.keepOnly(
        EndpointView.newBuilder()
            .addClusters(
                ClusterView.newBuilder()
                    .setCluster("pool")
                    .addEndpoints(EndpointState.newBuilder().setAddress("10.0.0.2:8000")))
            .build());

    assertThat(local(9)).isEqualTo(first);
  }
}
