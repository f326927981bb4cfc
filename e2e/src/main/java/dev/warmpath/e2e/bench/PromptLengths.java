package dev.warmpath.e2e.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.GZIPInputStream;

/** A distribution of prompt lengths, in tokens, linear between its quantiles. Immutable. */
final class PromptLengths {
  private static final int BYTES_PER_TOKEN = 4;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Input lengths of the production conversation trace of kvcache-ai/Mooncake (FAST25-release): its
   * 12,031 rows have a mean of 12,035 tokens.
   */
  static final PromptLengths CONVERSATIONS =
      new PromptLengths(
          new double[] {0, .01, .1, .25, .5, .75, .9, .95, .99, .999, 1},
          new int[] {
            891, 894, 964, 2_306, 6_909, 15_368, 27_367, 39_552, 85_401, 121_301, 126_195
          });

  private final double[] shares;
  private final int[] tokens;

  private PromptLengths(double[] shares, int[] tokens) {
    this.shares = shares;
    this.tokens = tokens;
  }

  /**
   * The lengths of a trace.
   *
   * @param file JSON lines with {@code input_length}; gzipped if its name ends in {@code .gz}
   * @throws IOException when it can't be read or has fewer than two rows
   */
  static PromptLengths read(Path file) throws IOException {
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(file));
        InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw;
        var lines = new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8))) {
      var tokens = new int[1 << 20];
      int rows = 0;
      for (String line = lines.readLine();
          line != null && rows < tokens.length;
          line = lines.readLine()) {
        JsonNode length = JSON.readTree(line).path("input_length");
        if (!length.isInt() || length.intValue() < 1) {
          throw new IOException(
              "%s: row %d (expected: input_length >= 1)".formatted(file, rows + 1));
        }
        tokens[rows++] = length.intValue();
      }
      if (rows < 2) {
        throw new IOException("%s: %d rows (expected: at least 2)".formatted(file, rows));
      }
      int[] sorted = Arrays.copyOf(tokens, rows);
      Arrays.sort(sorted);
      double[] shares = new double[rows];
      for (int i = 0; i < rows; i++) {
        shares[i] = i / (double) (rows - 1);
      }
      return new PromptLengths(shares, sorted);
    }
  }

  /** Bytes of a body drawn from it. */
  int nextBytes(SplittableRandom random) {
    return Math.max(
        ChatBodies.MIN_BYTES, (int) Math.round(quantile(random.nextDouble()) * BYTES_PER_TOKEN));
  }

  /** Tokens below which {@code share} of the prompts are. */
  double quantile(double share) {
    int found = Arrays.binarySearch(shares, share);
    if (found >= 0) {
      return tokens[found];
    }
    int above = Math.clamp(-found - 1, 1, shares.length - 1);
    double part = (share - shares[above - 1]) / (shares[above] - shares[above - 1]);
    return tokens[above - 1] + part * (tokens[above] - tokens[above - 1]);
  }
}
