package dev.warmpath.e2e.engine;

import java.util.Locale;

/**
 * The counters of one life of an engine, under vLLM's names. Confined to the engine's event loop.
 * Times are of the simulated engine.
 */
final class EngineMetrics {
  private final double startedSeconds = System.currentTimeMillis() / 1e3;
  private long promptTokens;
  private long cachedTokens;
  private long generatedTokens;
  private long ended;
  private long firstTokens;
  private double firstTokenSeconds;

  void prefill(int prompt, int cached) {
    promptTokens += prompt;
    cachedTokens += cached;
  }

  void firstToken(double seconds) {
    firstTokens++;
    firstTokenSeconds += seconds;
  }

  void end(int tokens) {
    ended++;
    generatedTokens += tokens;
  }

  String render(EngineSettings settings, int running, int waiting, double kvUsage) {
    var text = new StringBuilder(2048);
    String labels = "{engine=\"0\",model_name=\"%s\"}".formatted(settings.model());
    gauge(text, "vllm:num_requests_running", labels, running);
    gauge(text, "vllm:num_requests_waiting", labels, waiting);
    gauge(text, "vllm:kv_cache_usage_perc", labels, kvUsage);
    counter(text, "vllm:prefix_cache_queries_total", labels, promptTokens);
    counter(text, "vllm:prefix_cache_hits_total", labels, cachedTokens);
    counter(text, "vllm:prompt_tokens_total", labels, promptTokens);
    counter(text, "vllm:prompt_tokens_cached_total", labels, cachedTokens);
    counter(text, "vllm:generation_tokens_total", labels, generatedTokens);
    counter(text, "vllm:request_success_total", labels, ended);
    sample(text, "counter", "vllm:time_to_first_token_seconds_sum", labels, firstTokenSeconds);
    counter(text, "vllm:time_to_first_token_seconds_count", labels, firstTokens);
    gauge(
        text,
        "vllm:cache_config_info",
        "{block_size=\"%d\",enable_prefix_caching=\"True\",engine=\"0\",num_gpu_blocks=\"%d\"}"
            .formatted(settings.blockTokens(), settings.capacityBlocks()),
        1);
    gauge(text, "process_start_time_seconds", "", startedSeconds);
    return text.toString();
  }

  private static void counter(StringBuilder text, String name, String labels, long value) {
    sample(text, "counter", name, labels, (double) value);
  }

  private static void gauge(StringBuilder text, String name, String labels, double value) {
    sample(text, "gauge", name, labels, value);
  }

  private static void sample(
      StringBuilder text, String type, String name, String labels, double value) {
    text.append("# HELP ").append(name).append(" As vLLM.\n");
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    text.append(name).append(labels).append(' ');
    text.append(
        value == Math.rint(value)
            ? String.format(Locale.ROOT, "%.1f", value)
            : Double.toString(value));
    text.append('\n');
  }
}
