package dev.warmpath.controlplane;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.warmpath.controlplane.admin.AdminServer;
import dev.warmpath.controlplane.admin.AdminServer.Reply;
import dev.warmpath.controlplane.admin.AdminServer.Switch;
import dev.warmpath.controlplane.audit.AuditEntry;
import dev.warmpath.controlplane.audit.AuditLog;
import dev.warmpath.controlplane.fleet.LedgerBook;
import dev.warmpath.controlplane.loop.EndpointName;
import dev.warmpath.controlplane.loop.LoopName;
import dev.warmpath.controlplane.loop.LoopSettings;
import dev.warmpath.fleet.v1.Volatility;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators see and do. Shows published state from any thread; what they ask for is done on
 * the control executor, like every change, and waited for.
 */
final class OperatorDesk implements AdminServer.Backend {
  private static final Logger log = LoggerFactory.getLogger(OperatorDesk.class);
  private static final int WAIT_SECONDS = 5;

  private final Parts parts;

  /**
   * What it shows.
   *
   * @param volatility why prefixes do not repeat, by the incarnation of the replica that found it
   * @param control the executor that owns writer and runner
   * @param complaints what an operator should know
   * @param metrics in the Prometheus text format
   */
  record Parts(
      DecisionWriter writer,
      LoopRunner runner,
      AuditLog audit,
      LedgerBook ledger,
      Supplier<Map<Long, Volatility>> volatility,
      ExecutorService control,
      Supplier<List<String>> complaints,
      Supplier<String> metrics) {}

  OperatorDesk(Parts parts) {
    this.parts = parts;
  }

  @Override
  public boolean ready() {
    // Nothing listens before the first snapshot is published.
    return true;
  }

  @Override
  public List<String> complaints() {
    return parts.complaints.get();
  }

  @Override
  public String metrics() {
    return parts.metrics.get();
  }

  @Override
  public void decisions(JsonGenerator json) throws IOException {
    DecisionWriter.Served served = parts.writer.served();
    AdminJson.decisions(served, LoopSettings.of(served.config()), parts.runner.held(), json);
  }

  @Override
  public void audit(JsonGenerator json) throws IOException {
    json.writeStartArray();
    for (AuditEntry entry : parts.audit.tail()) {
      AuditLog.write(entry, json);
    }
    json.writeEndArray();
  }

  @Override
  public void ledger(JsonGenerator json) throws IOException {
    AdminJson.ledger(parts.ledger.rows(), json);
  }

  @Override
  public void volatility(JsonGenerator json) throws IOException {
    AdminJson.volatility(parts.volatility.get(), json);
  }

  @Override
  public Reply drain(String pool, String endpointId, Switch to) {
    var name = new EndpointName(pool, endpointId);
    return onControl(
        () -> {
          var endpoints = parts.writer.served().decisions().pools().get(pool);
          if (endpoints == null || !endpoints.containsKey(endpointId)) {
            return new Reply.Unknown("endpoint: " + name + " (expected: one of /decisions)");
          }
          return reply(parts.writer.drain(name, to == Switch.ON));
        });
  }

  @Override
  public Reply freeze(String loop, Switch to) {
    Optional<LoopName> name = LoopName.of(loop);
    if (name.isEmpty()) {
      return new Reply.Unknown("loop: " + loop + " (expected: weight, health or hash_key)");
    }
    return onControl(() -> reply(parts.writer.freeze(name.get(), to == Switch.ON)));
  }

  private static Reply reply(Optional<String> fault) {
    return fault.isEmpty() ? new Reply.Done() : new Reply.Failed(fault.get());
  }

  private Reply onControl(Callable<Reply> deed) {
    try {
      return parts.control.submit(deed).get(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new Reply.Failed("interrupted");
    } catch (TimeoutException _) {
      return new Reply.Failed("not done yet; see /audit");
    } catch (RejectedExecutionException _) {
      return new Reply.Failed("the control plane stops");
    } catch (ExecutionException e) {
      log.error("What an operator asked for failed.", e);
      return new Reply.Failed("failed, see the log");
    }
  }
}
