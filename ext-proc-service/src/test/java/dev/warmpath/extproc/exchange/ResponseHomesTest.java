package dev.warmpath.extproc.exchange;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.exchange.ResponseHomes.Home;
import dev.warmpath.extproc.prefix.KeyRing;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ResponseHomesTest {

  private static final int MAX = 3;
  private static final long TTL = 100;
  private static final String POOL = "llama";
  private static final String A = "127.0.0.1:1";
  private static final String B = "127.0.0.1:2";

  private final ResponseHomes homes = homes(1);
  private long now = Long.MAX_VALUE - 50;

  @Test
  void home_ofAServedResponse_isItsEndpoint() {
    homes.served(POOL, A, "resp_1", now);
    homes.served(POOL, B, "resp_2", now);

    assertThat(home(homes, "resp_1")).isEqualTo(A);
    assertThat(home(homes, "resp_2")).isEqualTo(B);
    assertThat(home(homes, "resp_3")).isNull();
  }

  @Test
  void home_inAnotherPool_isUnknown() {
    homes.served(POOL, A, "resp_1", now);

    assertThat(homes.home("other", "resp_1".getBytes(US_ASCII), now)).isNull();
  }

  @Test
  void served_byAProviderOrNobody_isNotKept() {
    homes.served("openai", A, "resp_1", now);
    homes.served(POOL, "", "resp_2", now);
    homes.told(new Home(1, "openai", A), now);

    assertThat(homes.size()).isZero();
    assertThat(homes.drainUntold()).isEmpty();
  }

  @Test
  void served_moreThanTheBound_forgetsTheOldest() {
    for (int i = 0; i <= MAX; i++) {
      homes.served(POOL, A, "resp_" + i, now);
    }

    assertThat(homes.size()).isEqualTo(MAX);
    assertThat(home(homes, "resp_0")).isNull();
    assertThat(home(homes, "resp_1")).isEqualTo(A);
  }

  @Test
  void served_again_movesAndIsTheYoungest() {
    for (int i = 0; i < MAX; i++) {
      homes.served(POOL, A, "resp_" + i, now);
    }
    homes.served(POOL, B, "resp_0", now);
    homes.served(POOL, A, "resp_new", now);

    assertThat(home(homes, "resp_0")).isEqualTo(B);
    assertThat(home(homes, "resp_1")).isNull();
  }

  @Test
  void home_olderThanItsTime_isForgotten() {
    homes.served(POOL, A, "resp_1", now);
    now += TTL;
    assertThat(home(homes, "resp_1")).isEqualTo(A);
    now++;
    assertThat(home(homes, "resp_1")).isNull();
    assertThat(homes.size()).isZero();
  }

  @Test
  void told_fromAReplicaWithTheSameSecret_isKnownHere() {
    ResponseHomes same = homes(1);
    ResponseHomes other = homes(2);
    homes.served(POOL, A, "resp_1", now);
    for (Home home : homes.drainUntold()) {
      same.told(home, now);
      other.told(home, now);
    }

    assertThat(home(same, "resp_1")).isEqualTo(A);
    assertThat(home(other, "resp_1")).isNull();
    assertThat(same.drainUntold()).as("what was told is not told on").isEmpty();
    assertThat(homes.drainUntold()).as("told once").isEmpty();
  }

  @Test
  void untold_withoutAStream_isBounded() {
    for (int i = 0; i < ResponseHomes.MAX_UNTOLD + 10; i++) {
      homes.served(POOL, A, "resp_" + i, now);
    }

    assertThat(homes.drainUntold()).hasSize(ResponseHomes.MAX_UNTOLD);
  }

  private @Nullable String home(ResponseHomes of, String id) {
    return of.home(POOL, id.getBytes(US_ASCII), now);
  }

  private static ResponseHomes homes(int secret) {
    byte[] index = new byte[32];
    index[0] = (byte) secret;
    return new ResponseHomes(Set.of(POOL), MAX, TTL, new KeyRing(index, new byte[32]));
  }
}
