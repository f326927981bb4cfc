package dev.warmpath.e2e.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.warmpath.e2e.engine.BlockCache;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A recorded trace as chat completions. A row of the file, one JSON object a line, is {@code
 * {"timestamp": ms, "input_length": tokens, "output_length": tokens, "hash_ids": [one id per block
 * of 512 tokens]}}; an id becomes a text of its own, so that rows that share ids share a prefix.
 * The first block is the system message, the rest the user's.
 *
 * <p>Its times are stretched so that engines with random routing would prefill for the share {@code
 * load} of the time: uncached tokens as random placement on their caches leaves them, by simulation
 * with a fixed seed. Immutable.
 */
public final class TraceWorkload implements Workload {
  /** Tokens of a block, by the format. */
  public static final int BLOCK_TOKENS = 512;

  private static final int BYTES_PER_TOKEN = 4;
  private static final long TICK_MILLIS = 3_000; // The trace's clock.
  private static final long ROUTING_SEED = 42;
  private static final long TEXT_SEED = 512;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * How to play it.
   *
   * @param rows how many from the start of the file
   * @param engines that will serve it
   * @param capacityBlocks of each engine's cache
   * @param prefillTokensPerSecond of each engine
   * @param load at which random routing would run the engines
   * @param spread whether requests of one tick of the trace's clock are spread over it, instead of
   *     coming all at once as in the file
   * @param speedup how much faster than that
   * @param model in the requests
   */
  public record Options(
      int rows,
      int engines,
      int capacityBlocks,
      double prefillTokensPerSecond,
      double load,
      boolean spread,
      double speedup,
      String model) {
    public Options {
      if (rows < 1 || engines < 1) {
        throw new IllegalArgumentException(
            "rows=%d engines=%d (expected: both >= 1)".formatted(rows, engines));
      }
      if (!(load > 0) || !(speedup > 0) || !(prefillTokensPerSecond > 0)) {
        throw new IllegalArgumentException(
            "load=%s speedup=%s prefillTokensPerSecond=%s (expected: all > 0)"
                .formatted(load, speedup, prefillTokensPerSecond));
      }
    }
  }

  private static final class Row {
    final long atMillis;
    final int inputTokens;
    final int outputTokens;
    final long[] ids;

    Row(long atMillis, int inputTokens, int outputTokens, long[] ids) {
      this.atMillis = atMillis;
      this.inputTokens = inputTokens;
      this.outputTokens = outputTokens;
      this.ids = ids;
    }
  }

  private final List<Row> rows;
  private final long[] atNanos;
  private final Options options;
  private final double randomHitRate;
  private final double stretch;

  private TraceWorkload(List<Row> rows, Options options) {
    this.rows = rows;
    this.options = options;
    long tokens = rows.stream().mapToLong(row -> row.inputTokens).sum();
    long uncached = uncachedByRandomRouting(rows, options);
    randomHitRate = 1 - uncached / (double) tokens;
    double seconds = uncached / options.prefillTokensPerSecond / options.engines / options.load;
    long firstMillis = rows.getFirst().atMillis;
    long lastMillis = rows.getLast().atMillis + TICK_MILLIS;
    stretch = seconds * 1e3 / (lastMillis - firstMillis);
    atNanos = times(rows, options.spread, 1e6 * stretch / options.speedup);
  }

  /**
   * Reads a trace.
   *
   * @param file gzipped if its name ends so
   * @throws IOException when it can't be read, or a line is not a row
   */
  public static TraceWorkload read(Path file, Options options) throws IOException {
    var rows = new ArrayList<Row>();
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(file));
        InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
        var lines = new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine();
          line != null && rows.size() < options.rows;
          line = lines.readLine()) {
        if (!line.isBlank()) {
          Row row = row(JSON.readTree(line));
          if (row == null || (!rows.isEmpty() && row.atMillis < rows.getLast().atMillis)) {
            throw new IOException(
                "%s: row %d: %s (expected: timestamp, not before the last, input_length,"
                        .formatted(file, rows.size() + 1, line)
                    + " output_length and hash_ids)");
          }
          rows.add(row);
        }
      }
    }
    if (rows.isEmpty()) {
      throw new IOException(file + ": no rows (expected: at least one)");
    }
    return new TraceWorkload(rows, options);
  }

  private static @Nullable Row row(JsonNode line) {
    JsonNode hashes = line.path("hash_ids");
    if (!line.path("timestamp").isNumber()
        || !line.path("input_length").isInt()
        || !line.path("output_length").isInt()
        || !hashes.isArray()
        || hashes.isEmpty()) {
      return null;
    }
    long[] ids = new long[hashes.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = hashes.get(i).asLong();
    }
    // The last block is as long as the rest, if that fits.
    int full = (ids.length - 1) * BLOCK_TOKENS;
    int tokens = Math.clamp(line.path("input_length").intValue(), full + 1, full + BLOCK_TOKENS);
    return new Row(
        line.path("timestamp").longValue(),
        tokens,
        Math.max(1, line.path("output_length").intValue()),
        ids);
  }

  private static long uncachedByRandomRouting(List<Row> rows, Options options) {
    var random = new Random(ROUTING_SEED);
    var caches = new ArrayList<BlockCache>();
    for (int i = 0; i < options.engines; i++) {
      caches.add(new BlockCache(options.capacityBlocks));
    }
    long uncached = 0;
    for (Row row : rows) {
      BlockCache cache = caches.get(random.nextInt(caches.size()));
      int cached = Math.min(cache.match(row.ids), (row.inputTokens - 1) / BLOCK_TOKENS);
      uncached += row.inputTokens - (long) cached * BLOCK_TOKENS;
      cache.insert(row.ids);
    }
    return uncached;
  }

  private static long[] times(List<Row> rows, boolean spread, double nanosPerMilli) {
    long[] times = new long[rows.size()];
    long firstMillis = rows.getFirst().atMillis;
    for (int i = 0; i < times.length; ) {
      long millis = rows.get(i).atMillis;
      int end = i;
      while (end < times.length && rows.get(end).atMillis == millis) {
        end++;
      }
      for (int j = i; j < end; j++) {
        double within = spread ? TICK_MILLIS * (j - i) / (double) (end - i) : 0;
        times[j] = Math.round((millis - firstMillis + within) * nanosPerMilli);
      }
      i = end;
    }
    return times;
  }

  @Override
  public int size() {
    return rows.size();
  }

  @Override
  public long atNanos(int index) {
    return atNanos[index];
  }

  @Override
  public LoadRequest request(int index) {
    Row row = rows.get(index);
    var body = new Body(row.inputTokens * BYTES_PER_TOKEN + 512);
    body.json(
        "{\"model\":\"%s\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                .formatted(options.model)
            + "\"max_tokens\":%d,\"messages\":[{\"role\":\"system\",\"content\":\""
                .formatted(row.outputTokens));
    int left = row.inputTokens * BYTES_PER_TOKEN;
    for (int i = 0; i < row.ids.length; i++) {
      if (i == 1) {
        body.json("\"},{\"role\":\"user\",\"content\":\"");
      }
      int bytes = Math.min(left, BLOCK_TOKENS * BYTES_PER_TOKEN);
      body.text(Body.seed(TEXT_SEED, row.ids[i]), bytes);
      left -= bytes;
    }
    body.json("\"}]}");
    return new LoadRequest(
        "trace",
        "/v1/chat/completions",
        Map.of("content-type", "application/json"),
        body.toBytes(),
        "data: [DONE]\n\n");
  }

  /** Tokens of all prompts. */
  public long promptTokens() {
    return rows.stream().mapToLong(row -> row.inputTokens).sum();
  }

  /** The share of prompt tokens that random routing would find cached. */
  public double randomHitRate() {
    return randomHitRate;
  }

  /** By how much the trace's times are stretched, speedup left out. */
  public double stretch() {
    return stretch;
  }
}
