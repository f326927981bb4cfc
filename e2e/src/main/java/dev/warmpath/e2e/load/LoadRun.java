package dev.warmpath.e2e.load;

import dev.warmpath.e2e.load.LoadConnection.Pending;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * One workload being sent. Its event loop owns all state; public methods may be called from any
 * thread.
 */
public final class LoadRun {
  private static final int MAX_SENT_AT_ONCE = 64;

  private final Workload workload;
  private final LoadSettings settings;
  private final EventLoop loop;
  private final int number;
  private final Consumer<LoadConnection> connector;
  private final CompletableFuture<LoadReport> report = new CompletableFuture<>();

  // Owned by the loop.
  private final ArrayDeque<LoadConnection> idle = new ArrayDeque<>();
  private final ArrayDeque<Pending> waiting = new ArrayDeque<>();
  private final List<LoadResult> results = new ArrayList<>();
  private final Set<LoadConnection> open = new HashSet<>();
  private long startNanos;
  private int next;
  private int end;

  private volatile int completed;
  private final AtomicInteger failed = new AtomicInteger();

  LoadRun(
      Workload workload,
      LoadSettings settings,
      EventLoop loop,
      int number,
      Consumer<LoadConnection> connector) {
    this.workload = workload;
    this.settings = settings;
    this.loop = loop;
    this.number = number;
    this.connector = connector;
    end = workload.size();
  }

  void begin() {
    loop.execute(
        () -> {
          startNanos = System.nanoTime();
          dispatch();
        });
  }

  /** Requests that have ended, for a progress bar. */
  public int completed() {
    return completed;
  }

  /** Of these, the failed. */
  public int failed() {
    return failed.get();
  }

  public boolean isDone() {
    return report.isDone();
  }

  /** Sends nothing that is not due yet; {@link #await} returns when the rest has ended. */
  public void stop() {
    loop.execute(
        () -> {
          end = next;
          checkDone();
        });
  }

  /**
   * Waits until each request has ended.
   *
   * @throws IllegalStateException when a request could not be made, or the thread is interrupted
   */
  public LoadReport await() {
    try {
      return report.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the workload could not be sent", e);
    }
  }

  /** A request has ended. */
  void ended(LoadResult result) {
    results.add(result);
    if (result.failed()) {
      failed.incrementAndGet();
    }
    completed = results.size();
    checkDone();
  }

  /** A connection can take another request. */
  void idle(LoadConnection connection) {
    Pending pending = waiting.pollFirst();
    if (pending != null) {
      connection.send(pending);
    } else if (report.isDone()) {
      connection.close();
    } else {
      idle.addFirst(connection);
    }
  }

  /** A connection has ended. */
  void gone(LoadConnection connection) {
    open.remove(connection);
    idle.remove(connection);
    Pending pending = waiting.pollFirst();
    if (pending != null) {
      connect(pending);
    }
  }

  private void dispatch() {
    try {
      long nowNanos = System.nanoTime() - startNanos;
      int sent = 0;
      while (next < end && workload.atNanos(next) <= nowNanos && sent < MAX_SENT_AT_ONCE) {
        LoadRequest request = workload.request(next);
        send(
            new Pending(
                next,
                "run%d-%06d".formatted(number, next),
                startNanos + workload.atNanos(next),
                request));
        next++;
        sent++;
      }
      if (next < end) {
        // After a long burst, responses come first.
        long waitNanos = workload.atNanos(next) - (System.nanoTime() - startNanos);
        var _ = loop.schedule(this::dispatch, Math.max(0, waitNanos), TimeUnit.NANOSECONDS);
      }
      checkDone();
    } catch (RuntimeException e) {
      report.completeExceptionally(e);
    }
  }

  private void send(Pending pending) {
    LoadConnection connection = idle.pollFirst();
    if (connection != null) {
      connection.send(pending);
    } else if (open.size() < settings.maxConnections()) {
      connect(pending);
    } else {
      waiting.addLast(pending);
    }
  }

  private void connect(Pending pending) {
    var connection = new LoadConnection(this, settings, pending);
    open.add(connection);
    connector.accept(connection);
  }

  private void checkDone() {
    if (next == end && results.size() == end && !report.isDone()) {
      report.complete(new LoadReport(results, workload.size() - end));
      List.copyOf(idle).forEach(LoadConnection::close);
    }
  }
}
