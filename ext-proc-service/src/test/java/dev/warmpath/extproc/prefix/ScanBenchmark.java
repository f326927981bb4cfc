package dev.warmpath.extproc.prefix;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Vectors;
import dev.warmpath.extproc.prompt.Verdict;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The scan and the keys of one request, beside Jackson's streaming parser, which finds tokens but
 * keeps nothing of them. To be run by JMH's own {@code org.openjdk.jmh.Main} on the test class
 * path.
 *
 * <p>Each call takes the next of several bodies, a mebibyte together: of one body of 16 KiB, read
 * again and again, a branch predictor learns every byte.
 */
@State(org.openjdk.jmh.annotations.Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class ScanBenchmark {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private static final int BYTES_IN_ROTATION = 1 << 20;

  @Param({"16384", "262144", "4194304"})
  private int bodyBytes;

  @Param({"OPENAI_CHAT", "ANTHROPIC_MESSAGES"})
  private Dialect dialect = Dialect.OPENAI_CHAT;

  @Param private Corpus corpus = Corpus.CHAT;

  /** Whether the scan and the hash run on the Vector API, where the JVM has it. */
  @Param({"true", "false"})
  private boolean vectors;

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(8 << 20, 128, 100_000));
  private final PrefixHasher hasher =
      new PrefixHasher(new KeyRing(new byte[32], new byte[32]), 2048, 8192);
  private final Scope scope = new Scope(Scope.Lane.POOL, "pool", "model");
  private final Prompt prompt = new Prompt();
  private final PrefixChain chain = new PrefixChain();
  private final JsonFactory jackson = new JsonFactory();
  private byte[][] bodies = {};
  private int turn;

  @Setup
  public void write() {
    Vectors.use(vectors);
    bodies = new byte[Math.max(1, BYTES_IN_ROTATION / bodyBytes)][];
    for (int i = 0; i < bodies.length; i++) {
      bodies[i] = corpus.body(dialect, bodyBytes, i);
      if (scanner.scan(bodies[i], bodies[i].length, dialect, prompt) != Verdict.OK) {
        throw new IllegalStateException("the body should be sound");
      }
    }
  }

  private byte[] next() {
    turn = turn + 1 < bodies.length ? turn + 1 : 0;
    return bodies[turn];
  }

  @Benchmark
  public Verdict scan() {
    byte[] body = next();
    return scanner.scan(body, body.length, dialect, prompt);
  }

  @Benchmark
  public long scanAndHash() {
    byte[] body = next();
    Verdict verdict = scanner.scan(body, body.length, dialect, prompt);
    hasher.chain(prompt, scope, chain);
    return verdict == Verdict.OK ? chain.keyConversation() : 0;
  }

  @Benchmark
  public int jacksonTokens() throws IOException {
    int tokens = 0;
    try (JsonParser parser = jackson.createParser(next())) {
      while (parser.nextToken() != null) {
        tokens++;
      }
    }
    return tokens;
  }

  /** CPU time of the thread in nanoseconds. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(org.openjdk.jmh.annotations.Scope.Thread)
  public static class CpuNanos {
    public long jackson;
    public long scanAndKeys;
  }

  /**
   * Jackson's tokens and ours on the same bodies, by turns and in CPU time, for a ratio that other
   * work on the machine doesn't change: divide one counter by the other.
   */
  @Benchmark
  public long byTurns(CpuNanos nanos) throws IOException {
    long result = 0;
    long start = THREADS.getCurrentThreadCpuTime();
    for (int i = 0; i < bodies.length; i++) {
      result += jacksonTokens();
    }
    long middle = THREADS.getCurrentThreadCpuTime();
    for (int i = 0; i < bodies.length; i++) {
      result += scanAndHash();
    }
    nanos.jackson += middle - start;
    nanos.scanAndKeys += THREADS.getCurrentThreadCpuTime() - middle;
    return result;
  }

  /** As {@link #jacksonTokens}, with the strings decoded. */
  @Benchmark
  public int jacksonTexts() throws IOException {
    int characters = 0;
    try (JsonParser parser = jackson.createParser(next())) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.VALUE_STRING) {
          characters += parser.getTextLength();
        }
      }
    }
    return characters;
  }
}
