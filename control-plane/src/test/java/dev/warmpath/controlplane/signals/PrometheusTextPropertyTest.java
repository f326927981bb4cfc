package dev.warmpath.controlplane.signals;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.controlplane.source.EngineKind;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class PrometheusTextPropertyTest {
  private static final String NASTY = "\n\\\"{}=, eE9-NI";

  private static final String TEXT =
      """
      # TYPE vllm:num_requests_running gauge
      vllm:num_requests_running{engine="0",model_name="m"} 3.0
      vllm:num_requests_waiting{engine="0",model_name="m"} 4.0
      vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.5
      vllm:cache_config_info{block_size="16",num_gpu_blocks="1000"} 1.0
      vllm:prompt_tokens_total{engine="0"} 1.5e+06
      """;

  @Property(tries = 2000)
  void bytes_anyAtAll_giveOnlyKnownOrUnknownNumbers(@ForAll byte[] bytes) {
    assertSane(bytes);
  }

  @Property(tries = 2000)
  void text_withAnyDamage_givesOnlyKnownOrUnknownNumbers(@ForAll long seed) {
    var random = new Random(seed);
    byte[] bytes = TEXT.getBytes(UTF_8);
    for (int i = random.nextInt(12); i >= 0; i--) {
      bytes[random.nextInt(bytes.length)] =
          random.nextBoolean()
              ? (byte) random.nextInt(256)
              : (byte) NASTY.charAt(random.nextInt(NASTY.length()));
    }
    assertSane(Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)));
  }

  private static void assertSane(byte[] bytes) {
    for (EngineKind kind : EngineKind.values()) {
      EngineMetrics metrics = EngineMetrics.parse(bytes, kind).metrics();
      assertThat(metrics.running()).isGreaterThanOrEqualTo(-1);
      assertThat(metrics.waiting()).isGreaterThanOrEqualTo(-1);
      assertThat(metrics.cacheTokens()).isNotZero().isGreaterThanOrEqualTo(-1);
      assertThat(metrics.kvUsage() == -1 || (metrics.kvUsage() >= 0 && metrics.kvUsage() <= 1))
          .isTrue();
      assertThat(metrics.promptTokens()).isFinite().isGreaterThanOrEqualTo(-1);
    }
  }
}
