package dev.warmpath.controlplane.fleet;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import dev.warmpath.fleet.v1.Hello;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether replicas run with the configuration that is in force, and with one another's secrets. A
 * replica reads its file at its start only, so a route that was edited since is another one in
 * Envoy than in that replica; and replicas with different secrets find nothing under each other's
 * keys. Neither fails any request, so both are counted, logged and shown.
 *
 * <p>Confined to the hub's context, but for the complaints and what the gauges read. A replica that
 * doesn't tell, an older one, isn't counted.
 */
final class Agreement {
  private static final Logger log = LoggerFactory.getLogger(Agreement.class);

  /** Replicas that one line names. */
  static final int MAX_NAMED = 10;

  /** Shortest time between two lines in the log. */
  static final long LOG_EVERY_NANOS = 10_000_000_000L;

  /**
   * How long a difference stands before it is logged. Longer than the file is looked at: a replica
   * that was started just after an edit read it before this process did.
   */
  static final long STANDS_NANOS = 3_000_000_000L;

  private record Secrets(long indexTag, long exportTag) {}

  private ByteString inForce = ByteString.EMPTY;
  private List<String> logged = List.of();
  private long changedNanos;
  private long loggedNanos;
  private int told;
  private volatile List<String> complaints = List.of();
  private volatile int differing;
  private volatile int secretSets;

  Agreement(MeterRegistry meters) {
    Gauge.builder("warmpath.fleet.replicas.differing", this, one -> one.differing)
        .description("Replicas that read another configuration than the one in force.")
        .register(meters);
    Gauge.builder("warmpath.fleet.secrets", this, one -> one.secretSets)
        .description("Different pairs of secrets that replicas have; more than 1 is a fault.")
        .register(meters);
  }

  /** Another configuration is in force. */
  void configured(ByteString digest) {
    inForce = digest;
  }

  /** What an operator should know. May be called by any thread. */
  List<String> complaints() {
    return complaints;
  }

  /** Looks anew: these replicas are connected now. */
  void look(Collection<Hello> replicas, long nowNanos) {
    List<Hello> others = replicas.stream().filter(this::differs).toList();
    Set<Secrets> secrets = new HashSet<>();
    for (Hello hello : replicas) {
      if (hello.getIndexSecretTag() != 0) {
        secrets.add(new Secrets(hello.getIndexSecretTag(), hello.getExportSecretTag()));
      }
    }
    differing = others.size();
    secretSets = secrets.size();
    List<String> found = new ArrayList<>();
    if (!others.isEmpty()) {
      found.add(
          "replicas that read another configuration than the one in force, and need a restart to"
              + " read the changed file: "
              + names(others));
    }
    if (secrets.size() > 1) {
      found.add(
          "replicas have %d different pairs of secrets (expected: the same files for all in `secrets`)"
              .formatted(secrets.size()));
    }
    if (!found.equals(complaints)) {
      complaints = List.copyOf(found);
      changedNanos = nowNanos;
    }
    tell(nowNanos);
  }

  /** Lines in the log. */
  int told() {
    return told;
  }

  private boolean differs(Hello hello) {
    return !inForce.isEmpty()
        && !hello.getConfigDigest().isEmpty()
        && !hello.getConfigDigest().equals(inForce);
  }

  private void tell(long nowNanos) {
    if (complaints.equals(logged)
        || nowNanos - changedNanos < STANDS_NANOS
        || (told > 0 && nowNanos - loggedNanos < LOG_EVERY_NANOS)) {
      return;
    }
    logged = complaints;
    loggedNanos = nowNanos;
    told++;
    if (complaints.isEmpty()) {
      log.info("There are no differences in the fleet any more.");
    } else {
      log.warn("Differences in the fleet: {}.", String.join("; ", complaints));
    }
  }

  private static String names(List<Hello> replicas) {
    String named =
        replicas.stream()
            .limit(MAX_NAMED)
            .map(hello -> TextFormat.escapeBytes(hello.getReplicaBytes()))
            .collect(Collectors.joining(", "));
    int further = replicas.size() - MAX_NAMED;
    return further > 0 ? named + " and " + further + " more" : named;
  }
}
