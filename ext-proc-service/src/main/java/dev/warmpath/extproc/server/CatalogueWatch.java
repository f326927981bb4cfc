package dev.warmpath.extproc.server;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.warmpath.config.ConfigException;
import dev.warmpath.config.Fault;
import dev.warmpath.extproc.provider.Catalogue;
import dev.warmpath.extproc.provider.CatalogueRows;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a catalogue current: puts a good new version of its file in force, leaves the last good one
 * in force when there is a bad one, and turns to the prices of a new day. Looks at the file's bytes
 * rather than at its time, since a mounted ConfigMap changes by a link two folders up. On a thread
 * of its own: a file system that hangs holds nothing else up. {@link #look} is for one thread, the
 * rest for any.
 */
public final class CatalogueWatch {

  private static final Logger log = LoggerFactory.getLogger(CatalogueWatch.class);

  /** Reads all rows anew, those of the file and all others. */
  public interface Reader {
    CatalogueRows read() throws ConfigException;
  }

  private final Catalogue catalogue;
  private final @Nullable Path file;
  private final Reader reader;
  private final Supplier<LocalDate> today;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("warmpath-catalogue").daemon().factory());

  private final LongAdder taken = new LongAdder();
  private final LongAdder refused = new LongAdder();

  /** Whether the version that the file has now was refused. */
  private volatile boolean isRefused;

  /** Of the file when it was last looked at. */
  private byte[] digest;

  private CatalogueWatch(
      Catalogue catalogue,
      @Nullable Path file,
      byte[] digest,
      Reader reader,
      Supplier<LocalDate> today) {
    this.catalogue = catalogue;
    this.file = file;
    this.digest = digest;
    this.reader = reader;
    this.today = today;
  }

  /** Of a catalogue that stays as it is. */
  static CatalogueWatch of(Catalogue catalogue) {
    return new CatalogueWatch(catalogue, null, new byte[0], catalogue::contents, catalogue::day);
  }

  /**
   * Reads everything for the first time.
   *
   * @param file that may change; null: none
   * @param reader of that file and all other rows
   * @param today the day whose prices hold
   * @throws ConfigException with every fault
   */
  public static CatalogueWatch open(@Nullable Path file, Reader reader, Supplier<LocalDate> today)
      throws ConfigException {
    // Before it is read: a version that comes in between is seen by the first look.
    byte[] digest = digest(file);
    Catalogue catalogue = Catalogue.of(reader.read(), today.get());
    return new CatalogueWatch(catalogue, file, digest, reader, today);
  }

  /** What is kept current. */
  public Catalogue catalogue() {
    return catalogue;
  }

  void bind(MeterRegistry registry) {
    counter(registry, "taken", taken);
    counter(registry, "refused", refused);
    Gauge.builder("warmpath.catalogue.refused", this, watch -> watch.isRefused ? 1 : 0)
        .description("1 while the catalogue file has faults and an earlier version is in force")
        .register(registry);
  }

  private static void counter(MeterRegistry registry, String result, LongAdder count) {
    FunctionCounter.builder("warmpath.catalogue.reloads", count, LongAdder::sum)
        .description("New versions of the catalogue file")
        .tag("result", result)
        .register(registry);
  }

  void start(long intervalNanos) {
    var _ =
        executor.scheduleWithFixedDelay(
            this::lookSafely, intervalNanos, intervalNanos, NANOSECONDS);
  }

  void close() {
    executor.shutdownNow();
  }

  private void lookSafely() {
    try {
      look();
    } catch (RuntimeException e) {
      // The scheduler would silently stop; the last good version stays in force.
      log.error("looking for a new catalogue failed", e);
    }
  }

  /** Takes up what is new. */
  void look() {
    LocalDate day = today.get();
    byte[] now = digest(file);
    if (!Arrays.equals(now, digest)) {
      digest = now;
      take(day);
    }
    if (!day.equals(catalogue.day())) {
      catalogue.publish(catalogue.contents(), day);
    }
  }

  private void take(LocalDate day) {
    try {
      CatalogueRows rows = reader.read();
      catalogue.publish(rows, day);
      taken.increment();
      isRefused = false;
      log.info("the catalogue {} is in force: {} rows", file, rows.models().size());
    } catch (ConfigException e) {
      refused.increment();
      isRefused = true;
      log.warn("the catalogue {} is refused, the last good one stays in force", file);
      for (Fault fault : e.faults()) {
        log.warn("{}", fault);
      }
    }
  }

  /** Of the content; of nothing when there is no file: the reader says so better. */
  private static byte[] digest(@Nullable Path file) {
    if (file == null) {
      return new byte[0];
    }
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException _) {
      bytes = new byte[0];
    }
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
