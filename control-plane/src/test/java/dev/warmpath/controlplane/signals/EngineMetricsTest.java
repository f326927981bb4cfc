package dev.warmpath.controlplane.signals;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.controlplane.source.EngineKind;
import org.junit.jupiter.api.Test;

class EngineMetricsTest {

  @Test
  void vllm_twoRanks_areSummed() {
    EngineMetrics metrics =
        parse(
            EngineKind.VLLM,
            """
            vllm:num_requests_running{engine="0"} 3
            vllm:num_requests_running{engine="1"} 2
            vllm:num_requests_waiting{engine="0"} 1
            vllm:kv_cache_usage_perc{engine="0"} 0.25
            vllm:kv_cache_usage_perc{engine="1"} 0.75
            vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="1000"} 1
            vllm:cache_config_info{block_size="16",engine="1",num_gpu_blocks="1000"} 1
            vllm:prompt_tokens_total{engine="0"} 100
            vllm:generation_tokens_total{engine="0"} 7
            process_start_time_seconds 1.7e9
            """);
    assertThat(metrics).isEqualTo(new EngineMetrics(5, 1, 0.75, 32_000, 100, 7, 1.7e9));
  }

  @Test
  void sglang_names_areRead() {
    EngineMetrics metrics =
        parse(
            EngineKind.SGLANG,
            """
            sglang:num_running_reqs{model_name="m"} 3
            sglang:num_queue_reqs{model_name="m"} 1
            sglang:token_usage{model_name="m"} 0.5
            sglang:prompt_tokens_total{model_name="m"} 10
            sglang:generation_tokens_total{model_name="m"} 20
            sglang:max_total_num_tokens{model_name="m"} 4000
            """);
    assertThat(metrics).isEqualTo(new EngineMetrics(3, 1, 0.5, 4000, 10, 20, -1));
  }

  @Test
  void numbers_thatNobodyCanMean_areUnknown() {
    EngineMetrics metrics =
        parse(
            EngineKind.VLLM,
            """
            vllm:num_requests_running NaN
            vllm:num_requests_waiting +Inf
            vllm:kv_cache_usage_perc -1
            vllm:prompt_tokens_total 1e300
            vllm:cache_config_info{block_size="16",num_gpu_blocks="None"} 1
            """);
    assertThat(metrics).isEqualTo(new EngineMetrics(-1, -1, -1, -1, -1, -1, -1));
  }

  @Test
  void text_ofAnotherProgram_isNotKnown() {
    assertThat(EngineMetrics.parse("up 1\n".getBytes(UTF_8), EngineKind.VLLM).known()).isFalse();
    assertThat(EngineMetrics.parse("<html>".getBytes(UTF_8), EngineKind.VLLM).known()).isFalse();
  }

  @Test
  void restart_counterThatFell_isSeen() {
    var before = new EngineMetrics(0, 0, 0, 1, 100, 50, -1);
    assertThat(new EngineMetrics(0, 0, 0, 1, 10, 50, -1).restartedSince(before)).isTrue();
    assertThat(new EngineMetrics(0, 0, 0, 1, 100, 4, -1).restartedSince(before)).isTrue();
    assertThat(new EngineMetrics(0, 0, 0, 1, 101, 50, -1).restartedSince(before)).isFalse();
    assertThat(new EngineMetrics(0, 0, 0, 1, -1, -1, -1).restartedSince(before)).isFalse();
  }

  @Test
  void restart_laterStart_isSeen() {
    var before = new EngineMetrics(0, 0, 0, 1, 100, 50, 1000);
    assertThat(new EngineMetrics(0, 0, 0, 1, 200, 60, 1001).restartedSince(before)).isTrue();
    assertThat(new EngineMetrics(0, 0, 0, 1, 200, 60, 1000).restartedSince(before)).isFalse();
  }

  private static EngineMetrics parse(EngineKind kind, String text) {
    EngineMetrics.Parsed parsed = EngineMetrics.parse(text.getBytes(UTF_8), kind);
    assertThat(parsed.known()).isTrue();
    assertThat(parsed.unreadableLines()).isZero();
    return parsed.metrics();
  }
}
