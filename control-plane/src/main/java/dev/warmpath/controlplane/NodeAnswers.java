package dev.warmpath.controlplane;

import dev.warmpath.controlplane.audit.AuditEntry;
import dev.warmpath.controlplane.audit.AuditEntry.Outcome;
import dev.warmpath.controlplane.audit.AuditLog;
import dev.warmpath.controlplane.discovery.AckListener;
import dev.warmpath.controlplane.snapshot.XdsType;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts and audits what became of each push at each node. Thread-safe. The audit's disk is written
 * by a thread of its own, behind a bounded queue: streams never wait for it.
 */
final class NodeAnswers implements AckListener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeAnswers.class);
  private static final int QUEUE = 10_000;

  private final AuditLog audit;
  private final InstantSource clock;
  private final ThreadPoolExecutor writer;
  private final Map<XdsType, Counter> pushes = new EnumMap<>(XdsType.class);
  private final Map<XdsType, Counter> acks = new EnumMap<>(XdsType.class);
  private final Map<XdsType, Counter> nacks = new EnumMap<>(XdsType.class);
  private final AtomicInteger nodes = new AtomicInteger();

  NodeAnswers(AuditLog audit, InstantSource clock, MeterRegistry meters) {
    this.audit = audit;
    this.clock = clock;
    Counter dropped =
        Counter.builder("warmpath.audit.dropped")
            .description("Answers of nodes that the audit didn't take, because its disk is slow.")
            .register(meters);
    writer =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUE),
            Thread.ofPlatform().daemon().name("node-answers").factory(),
            (_, _) -> dropped.increment());
    for (XdsType type : XdsType.values()) {
      pushes.put(type, counter(meters, "warmpath.xds.pushes", "Responses sent to nodes.", type));
      acks.put(type, counter(meters, "warmpath.xds.acks", "Responses that nodes took.", type));
      nacks.put(type, counter(meters, "warmpath.xds.nacks", "Responses that nodes refused.", type));
    }
    Gauge.builder("warmpath.xds.streams", nodes, AtomicInteger::get)
        .description("ADS streams that are open.")
        .register(meters);
  }

  @Override
  public void pushed(String nodeId, XdsType type, String version) {
    count(pushes, type);
  }

  @Override
  public void acked(String nodeId, XdsType type, String version) {
    count(acks, type);
    record(nodeId, Outcome.ACKED, type, version, "");
  }

  @Override
  public void nacked(String nodeId, XdsType type, String version, String detail) {
    count(nacks, type);
    log.warn("Node {} refuses {} {}: {}", nodeId, type, version, detail);
    record(nodeId, Outcome.NACKED, type, version, detail);
  }

  @Override
  public void connected(String nodeId) {
    nodes.incrementAndGet();
    log.info("Node {} connected.", nodeId);
  }

  @Override
  public void disconnected(String nodeId) {
    nodes.decrementAndGet();
    log.info("Node {} is gone.", nodeId);
  }

  @Override
  public void close() {
    writer.shutdown();
    try {
      if (!writer.awaitTermination(1, TimeUnit.SECONDS)) {
        writer.shutdownNow();
      }
    } catch (InterruptedException _) {
      writer.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  private void record(String nodeId, Outcome outcome, XdsType type, String version, String why) {
    var entry = new AuditEntry(clock.instant(), nodeId, outcome, version, type.name(), "", "", why);
    writer.execute(() -> audit.record(entry));
  }

  private static Counter counter(MeterRegistry meters, String name, String what, XdsType type) {
    return Counter.builder(name)
        .description(what)
        .tag("type", type.name().toLowerCase(Locale.ROOT))
        .register(meters);
  }

  private static void count(Map<XdsType, Counter> counters, XdsType type) {
    Counter counter = counters.get(type);
    if (counter != null) {
      counter.increment();
    }
  }
}
