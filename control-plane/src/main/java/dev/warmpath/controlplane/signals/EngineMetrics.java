package dev.warmpath.controlplane.signals;

import dev.warmpath.controlplane.source.EngineKind;
import java.util.Map;
import java.util.Set;

/**
 * One reading of an engine's metrics, summed over the ranks that report apart. Unknown numbers are
 * -1; what an engine claims in NaN, infinities or negative numbers is unknown.
 *
 * @param running requests that the engine is working on
 * @param waiting requests in its queue
 * @param kvUsage share of the cache in use, 0 to 1, of the fullest rank
 * @param cacheTokens that its prefix cache holds
 * @param promptTokens counter of prompt tokens
 * @param generatedTokens counter of output tokens
 * @param startSeconds when the process started, Unix time
 */
public record EngineMetrics(
    int running,
    int waiting,
    double kvUsage,
    long cacheTokens,
    double promptTokens,
    double generatedTokens,
    double startSeconds) {

  /** More than any cache holds; keeps products and sums of garbage from overflowing. */
  private static final double MAX_TOKENS = 1e15;

  private static final String START = "process_start_time_seconds";

  /** The name of a metric that a kind of engine lacks: no sample is called so. */
  private static final String ABSENT = "";

  /** The names of one kind of engine. */
  private record Names(
      String running,
      String waiting,
      String kvUsage,
      String promptTokens,
      String generatedTokens,
      String cacheTokens,
      String cacheConfig) {
    Set<String> all() {
      return Set.of(
          running,
          waiting,
          kvUsage,
          promptTokens,
          generatedTokens,
          cacheTokens,
          cacheConfig,
          START);
    }
  }

  private static final Names VLLM =
      new Names(
          "vllm:num_requests_running",
          "vllm:num_requests_waiting",
          "vllm:kv_cache_usage_perc",
          "vllm:prompt_tokens_total",
          "vllm:generation_tokens_total",
          ABSENT,
          "vllm:cache_config_info");

  private static final Names SGLANG =
      new Names(
          "sglang:num_running_reqs",
          "sglang:num_queue_reqs",
          "sglang:token_usage",
          "sglang:prompt_tokens_total",
          "sglang:generation_tokens_total",
          "sglang:max_total_num_tokens",
          ABSENT);

  private static final Set<String> VLLM_WANTED = VLLM.all();
  private static final Set<String> SGLANG_WANTED = SGLANG.all();

  /**
   * A reading, and how much of the text made no sense.
   *
   * @param known whether any metric of this kind of engine was found
   */
  record Parsed(EngineMetrics metrics, boolean known, int unreadableLines) {}

  /** Reads an engine's answer. Never fails: what isn't found is unknown. */
  static Parsed parse(byte[] text, EngineKind kind) {
    var reader =
        switch (kind) {
          case VLLM -> new Reader(VLLM);
          case SGLANG -> new Reader(SGLANG);
        };
    Set<String> wanted =
        switch (kind) {
          case VLLM -> VLLM_WANTED;
          case SGLANG -> SGLANG_WANTED;
        };
    int unreadable = PrometheusText.read(text, wanted, reader);
    return new Parsed(reader.metrics(), reader.known, unreadable);
  }

  /**
   * Whether the engine has restarted between an earlier reading and this one: a counter fell, or
   * the process says that it started later.
   */
  boolean restartedSince(EngineMetrics earlier) {
    return fell(earlier.promptTokens, promptTokens)
        || fell(earlier.generatedTokens, generatedTokens)
        || (earlier.startSeconds >= 0 && startSeconds > earlier.startSeconds + 0.5);
  }

  /**
   * The number of the engine's life, as far as one reading tells: when it started, which every
   * control plane sees alike, or 1.
   */
  long firstEpoch() {
    return startSeconds >= 1 ? (long) startSeconds : 1;
  }

  private static boolean fell(double before, double now) {
    return before >= 0 && now >= 0 && now < before;
  }

  /** Sums up what the text says. */
  private static final class Reader implements PrometheusText.Sink {
    private final Names names;
    private boolean known;
    private double running = -1;
    private double waiting = -1;
    private double kvUsage = -1;
    private double cacheTokens = -1;
    private double promptTokens = -1;
    private double generatedTokens = -1;
    private double startSeconds = -1;

    Reader(Names names) {
      this.names = names;
    }

    @Override
    public void sample(String name, Map<String, String> labels, double value) {
      if (!(value >= 0 && value <= MAX_TOKENS)) {
        return;
      }
      if (name.equals(START)) {
        startSeconds = value;
        return;
      }
      known = true;
      if (name.equals(names.running)) {
        running = sum(running, value);
      } else if (name.equals(names.waiting)) {
        waiting = sum(waiting, value);
      } else if (name.equals(names.kvUsage)) {
        kvUsage = Math.max(kvUsage, Math.min(value, 1));
      } else if (name.equals(names.promptTokens)) {
        promptTokens = sum(promptTokens, value);
      } else if (name.equals(names.generatedTokens)) {
        generatedTokens = sum(generatedTokens, value);
      } else if (name.equals(names.cacheTokens)) {
        cacheTokens = sum(cacheTokens, value);
      } else if (name.equals(names.cacheConfig)) {
        long tokens = number(labels, "block_size") * number(labels, "num_gpu_blocks");
        if (tokens > 0) {
          cacheTokens = sum(cacheTokens, (double) tokens);
        }
      }
    }

    /** A label's number, 0 when it is none: vLLM writes {@code None} before it has profiled. */
    private static long number(Map<String, String> labels, String label) {
      String text = labels.getOrDefault(label, "");
      if (text.isEmpty() || text.length() > 9) {
        return 0;
      }
      try {
        return Math.max(0, Integer.parseInt(text));
      } catch (NumberFormatException _) {
        return 0;
      }
    }

    private static double sum(double before, double value) {
      return Math.min(MAX_TOKENS, before < 0 ? value : before + value);
    }

    EngineMetrics metrics() {
      return new EngineMetrics(
          (int) Math.min(running, Integer.MAX_VALUE),
          (int) Math.min(waiting, Integer.MAX_VALUE),
          kvUsage,
          cacheTokens < 1 ? -1 : (long) cacheTokens,
          promptTokens,
          generatedTokens,
          startSeconds);
    }
  }
}
