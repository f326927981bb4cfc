package dev.warmpath.extproc.exchange;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.annotate.AnnotationPlan;
import dev.warmpath.extproc.annotate.AnnotationPlanner;
import dev.warmpath.extproc.annotate.PayingMarkers;
import dev.warmpath.extproc.prefix.Corpus;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prefix.PrefixHasher;
import dev.warmpath.extproc.prefix.Scope;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.provider.ModelEntry;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
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
 * Choosing markers and putting the body together with them, beside the scan and the keys of the
 * same request. Every body is another conversation that comes again, so that its markers pay.
 */
@State(org.openjdk.jmh.annotations.Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class AnnotateBenchmark {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int BODIES = 8;

  /** A hundred requests a second. */
  private static final long BETWEEN_NANOS = 10_000_000L;

  @Param({"16384", "262144"})
  private int bodyBytes;

  @Param({"OPENAI_CHAT", "ANTHROPIC_MESSAGES"})
  private Dialect dialect = Dialect.OPENAI_CHAT;

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(8 << 20, 128, 100_000));
  private final PrefixHasher hasher =
      new PrefixHasher(new KeyRing(new byte[32], new byte[32]), 2048, 8192);
  private final Scope scope = new Scope(Scope.Lane.PROVIDER, "account", "model");
  private final PayingMarkers paying = new PayingMarkers(65_536);
  private final AnnotationPlanner planner = new AnnotationPlanner();
  private final Prompt[] prompts = new Prompt[BODIES];
  private final PrefixChain[] chains = new PrefixChain[BODIES];
  private final byte[][] bodies = new byte[BODIES][];
  private final ByteString[] received = new ByteString[BODIES];
  private AnnotationPlanner.Asked asked =
      new AnnotationPlanner.Asked("route", "account", null, 4, AnnotationPlanner.Allowed.ALL);
  private long nowNanos;

  @Setup
  public void write() {
    String model = dialect == Dialect.OPENAI_CHAT ? "gpt-6-sol" : "claude-opus-5";
    ModelEntry row = CatalogueFile.load(List.of()).find(dialect, model).orElseThrow();
    asked = new AnnotationPlanner.Asked("route", "account", row, 4, AnnotationPlanner.Allowed.ALL);
    for (int i = 0; i < BODIES; i++) {
      bodies[i] = Corpus.CHAT.body(dialect, bodyBytes, i);
      received[i] = UnsafeByteOperations.unsafeWrap(bodies[i]);
      prompts[i] = new Prompt();
      chains[i] = new PrefixChain();
    }
  }

  /** CPU time of the thread in nanoseconds, and markers that were written. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(org.openjdk.jmh.annotations.Scope.Thread)
  public static class Counts {
    public long scanAndKeys;
    public long planAndSplice;
    public long markers;
    public long requests;
  }

  /** Both, by turns, for a ratio that other work on the machine doesn't change. */
  @Benchmark
  public long byTurns(Counts counts) {
    long result = 0;
    long start = THREADS.getCurrentThreadCpuTime();
    for (int i = 0; i < BODIES; i++) {
      scanner.scan(bodies[i], bodies[i].length, dialect, prompts[i]);
      hasher.chain(prompts[i], scope, chains[i]);
    }
    long middle = THREADS.getCurrentThreadCpuTime();
    for (int i = 0; i < BODIES; i++) {
      nowNanos += BETWEEN_NANOS;
      AnnotationPlan plan = planner.plan(prompts[i], chains[i], asked, paying, nowNanos);
      result += EditedBody.of(received[i], plan.splices()).size();
      paying.answered(plan.keys(), plan.markedKeys(), nowNanos);
      counts.markers += plan.markersPlaced();
    }
    counts.requests += BODIES;
    counts.scanAndKeys += middle - start;
    counts.planAndSplice += THREADS.getCurrentThreadCpuTime() - middle;
    return result;
  }
}
