package dev.warmpath.extproc.server;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.protobuf.ByteString;
import dev.warmpath.extproc.prefix.KeyRing;
import dev.warmpath.extproc.prefix.PrefixChain;
import dev.warmpath.extproc.prefix.PrefixHasher;
import dev.warmpath.extproc.prefix.Scope;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Vectors;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out, behind the warm-up and before there is traffic, whether scans are faster on {@link
 * Vectors}: by turns with and without, until they have been faster for a while, or the time is up.
 * Before the JVM has compiled them they are slower by far, and without its optimizing compiler they
 * stay so.
 */
final class VectorTrial {

  private static final Logger log = LoggerFactory.getLogger(VectorTrial.class);

  /** Rounds in a row that must be faster; a guess, beyond what chance gives. */
  private static final int ROUNDS = 10;

  /** As long as compiling two loops takes, several times over. */
  private static final long TIMEOUT_NANOS = MILLISECONDS.toNanos(2000);

  private static final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

  private final LongSupplier cpuNanos;
  private final Runnable scan;

  /**
   * @param cpuNanos the thread's CPU time, which other work on the machine changes least
   */
  VectorTrial(LongSupplier cpuNanos, Runnable scan) {
    this.cpuNanos = cpuNanos;
    this.scan = scan;
  }

  /** With a scan of sample bodies. */
  static VectorTrial ofSamples(int maxBodyBytes) {
    PromptScanner scanner = new PromptScanner(new PromptScanner.Limits(maxBodyBytes, 64, 10_000));
    PrefixHasher hasher =
        new PrefixHasher(new KeyRing(new byte[32], new byte[32]), 2048, maxBodyBytes / 2048 + 16);
    Scope scope = new Scope(Scope.Lane.POOL, "trial", "trial");
    Prompt prompt = new Prompt();
    PrefixChain chain = new PrefixChain();
    byte[][] bodies =
        SampleBodies.openAi(Math.min(maxBodyBytes, 1 << 16)).stream()
            .map(ByteString::toByteArray)
            .toArray(byte[][]::new);
    return new VectorTrial(
        threads::getCurrentThreadCpuTime,
        () -> {
          for (byte[] body : bodies) {
            scanner.scan(body, body.length, Dialect.OPENAI_CHAT, prompt);
            hasher.chain(prompt, scope, chain);
          }
        });
  }

  /** Tries, and has what is faster in use from then on. */
  void run() {
    if (!Vectors.areThere()) {
      log.info(
          "scanning without the Vector API, which this JVM does not have or was told to leave"
              + " alone");
      return;
    }
    try {
      Vectors.use(isFaster());
    } catch (LinkageError | UnsupportedOperationException e) {
      Vectors.use(false);
      log.warn("scanning without the Vector API, which is another than we know", e);
    }
  }

  private boolean isFaster() {
    long start = cpuNanos.getAsLong();
    int faster = 0;
    while (faster < ROUNDS && cpuNanos.getAsLong() - start < TIMEOUT_NANOS) {
      Vectors.use(true);
      long with = time();
      Vectors.use(false);
      faster = with < time() ? faster + 1 : 0;
    }
    log.info(
        "scanning {} the Vector API, tried for {} ms of CPU time",
        faster == ROUNDS ? "on" : "without",
        NANOSECONDS.toMillis(cpuNanos.getAsLong() - start));
    return faster == ROUNDS;
  }

  private long time() {
    long start = cpuNanos.getAsLong();
    scan.run();
    return cpuNanos.getAsLong() - start;
  }
}
