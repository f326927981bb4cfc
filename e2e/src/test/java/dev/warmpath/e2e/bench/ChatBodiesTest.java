package dev.warmpath.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ChatBodiesTest {
  @Test
  void next_anyLength_isJsonOfThatLength() throws Exception {
    var bodies = new ChatBodies(1);
    var random = new SplittableRandom(7);
    for (int i = 0; i < 200; i++) {
      int bytes = random.nextInt(ChatBodies.MIN_BYTES, 60_000);
      byte[] body = bodies.next(bytes);
      assertThat(body).hasSize(bytes);
      JsonNode messages = new ObjectMapper().readTree(body).path("messages");
      assertThat(messages.get(0).path("role").asText()).isEqualTo("system");
      assertThat(messages.get(1).path("role").asText()).isEqualTo("user");
    }
  }

  @Test
  void next_twice_differs_sameSeedTheSame() {
    var bodies = new ChatBodies(1);
    byte[] first = bodies.next(16_384);
    assertThat(bodies.next(16_384)).isNotEqualTo(first);
    assertThat(new ChatBodies(1).next(16_384)).isEqualTo(first);
  }

  @Test
  void lengths_ofConversations_haveTheTracesMedianAndMean() {
    var random = new SplittableRandom(1);
    double sum = 0;
    for (int i = 0; i < 50_000; i++) {
      sum += PromptLengths.CONVERSATIONS.nextBytes(random) / 4.0;
    }
    assertThat(PromptLengths.CONVERSATIONS.quantile(0.5)).isEqualTo(6_909);
    assertThat(sum / 50_000).isBetween(11_000.0, 13_500.0);
  }

  @Test
  void sizes_wrong_saysWhatIsExpected() {
    assertThat(Sizes.bytes("16")).isEqualTo(16_384);
    assertThatThrownBy(() -> Sizes.bytes("16k")).hasMessageContaining("expected: KiB");
  }
}
