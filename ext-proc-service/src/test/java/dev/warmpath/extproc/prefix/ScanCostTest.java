package dev.warmpath.extproc.prefix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a scan and its keys may allocate, and how their time grows with the body. */
class ScanCostTest {

  private static final int MEBIBYTE = 1 << 20;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(16 * MEBIBYTE, 128, 1_000_000));
  private final PrefixHasher hasher =
      new PrefixHasher(new KeyRing(new byte[32], new byte[32]), 2048, 8192);
  private final Scope scope = new Scope(Scope.Lane.POOL, "pool", "model");
  private final Prompt prompt = new Prompt();
  private final PrefixChain chain = new PrefixChain();

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 1000})
  void scanAndChain_segmentsOfAKibibyte_allocateNoMoreThanTheBound(int segments) {
    assertAllocation(messages(segments, 1000), segments);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 1000})
  void scanAndChain_shortSegments_allocateNoMoreThanTheBound(int segments) {
    assertAllocation(messages(segments, 5), segments);
  }

  /** Of as many blocks as there may be. */
  @Test
  void scanAndChain_oneHugeSegment_allocatesNoMoreThanTheBound() {
    assertAllocation(messages(1, 4 * MEBIBYTE), 1);
  }

  private void assertAllocation(byte[] body, int segments) {
    for (int i = 0; i < 20; i++) {
      scanAndChain(body, Dialect.OPENAI_CHAT);
    }
    assertThat(prompt.segments()).isEqualTo(segments);
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 20; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      scanAndChain(body, Dialect.OPENAI_CHAT);
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).isLessThanOrEqualTo(1024 + 64L * segments);
  }

  private void scanAndChain(byte[] body, Dialect dialect) {
    assertVerdict(scanner.scan(body, body.length, dialect, prompt));
    hasher.chain(prompt, scope, chain);
  }

  /** Without AssertJ, which allocates. */
  private static void assertVerdict(Verdict verdict) {
    if (verdict != Verdict.OK) {
      throw new AssertionError("verdict: " + verdict + " (expected: OK)");
    }
  }

  private static byte[] messages(int segments, int bytes) {
    String message =
        "{\"role\":\"user\",\"content\":\"" + "line\\n\\\"é".repeat(bytes / 10 + 1) + "\"}";
    return ("{\"model\":\"m\",\"messages\":["
            + message
            + ("," + message).repeat(segments - 1)
            + "]}")
        .getBytes(UTF_8);
  }

  /** Bodies that would take more than linear time if anything were done over and over again. */
  enum Shape {
    TINY_MESSAGES("{\"messages\":[", "{\"content\":\"a\",\"role\":\"user\"},", USER + "]}"),
    TINY_BLOCKS("{\"messages\":[{\"role\":\"user\",\"content\":[", TEXT + ",", TEXT + "]}]}"),
    BLOCKS_READ_TWICE(
        "{\"messages\":[{\"role\":\"user\",\"content\":[",
        "{\"type\":\"text\",\"text\":\"abcdefghijklmnopqrstuvwxyz\\u00e9é\",\"x\":1},",
        TEXT + "]}]}"),
    MANY_KEYS("{", "\"abcdefghij\":\"klm\",", "\"messages\":[" + USER + "]}"),
    MANY_MEMBERS("{\"messages\":[{", "\"ab\":\"c\\u0064\",", USER.substring(1) + "]}"),
    DEEP(
        "{\"tools\":[{\"x\":[",
        "[".repeat(120) + "\"\\\\\"" + "]".repeat(120) + ",",
        "1]}],\"messages\":[" + USER + "]}"),
    ESCAPED_BACKSLASHES("{\"messages\":[{\"role\":\"user\",\"content\":\"", "\\\\", "\"}]}"),
    ESCAPED_CODE_POINTS(
        "{\"messages\":[{\"role\":\"user\",\"content\":\"", "\\ud83d\\ude00", "\"}]}"),
    ALTERNATING("{\"messages\":[{\"role\":\"user\",\"content\":\"", "a\\/é\\\\😀\\n", "\"}]}"),
    SECTIONS_OUT_OF_ORDER(
        "{\"messages\":[" + USER + "],\"system\":[",
        TEXT + ",",
        TEXT + "],\"tools\":[{\"name\":\"t\"}]}");

    private final String start;
    private final String piece;
    private final String end;

    Shape(String start, String piece, String end) {
      this.start = start;
      this.piece = piece;
      this.end = end;
    }

    byte[] body(int bytes) {
      int pieces = bytes / piece.getBytes(UTF_8).length;
      return (start + piece.repeat(pieces) + end).getBytes(UTF_8);
    }
  }

  private static final String USER = "{\"role\":\"user\",\"content\":\"hi\"}";
  private static final String TEXT = "{\"type\":\"text\",\"text\":\"a\"}";

  /** Eight times the bytes: quadratic time would be 64 times as long, and 32 is not allowed. */
  @ParameterizedTest
  @EnumSource
  void scanAndChain_oneToEightMebibytes_takesTimeInProportion(Shape shape) {
    Dialect dialect =
        shape == Shape.SECTIONS_OUT_OF_ORDER ? Dialect.ANTHROPIC_MESSAGES : Dialect.OPENAI_CHAT;
    leastNanos(shape.body(MEBIBYTE), dialect);
    long one = leastNanos(shape.body(MEBIBYTE), dialect);
    for (int mebibytes = 2; mebibytes <= 8; mebibytes *= 2) {
      long nanos = leastNanos(shape.body(mebibytes * MEBIBYTE), dialect);
      assertThat(nanos).as("%d MiB", mebibytes).isLessThan(4L * mebibytes * one);
    }
  }

  private long leastNanos(byte[] body, Dialect dialect) {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      long before = threads.getCurrentThreadCpuTime();
      scanAndChain(body, dialect);
      least = Math.min(least, threads.getCurrentThreadCpuTime() - before);
    }
    return least;
  }
}
