package dev.warmpath.e2e.http;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An {@link HttpServer} that can die, hang and come back, and the timers of what it simulates. Its
 * event loop owns all state; each method says whether it belongs there.
 */
public final class SimulatedServer implements AutoCloseable {
  /** What is simulated. All is called on the event loop. */
  public interface Model {
    void handle(HttpCall call);

    /** All that is in memory is gone; calls are being reset. */
    void died();

    /** Nothing has been done until now, since the server hung. */
    default void awoke(long nowNanos) {}
  }

  private final EventLoop loop;
  private final Model model;
  private final HttpServer server;

  // Owned by the loop.
  private final List<Runnable> parked = new ArrayList<>();
  private Fault fault = Fault.NONE;
  private long lives; // Timers of an earlier life do nothing.

  private SimulatedServer(EventLoop loop, int port, Model model) {
    this.loop = loop;
    this.model = model;
    server = HttpServer.start(loop, port, this::handle);
  }

  /**
   * Starts to listen.
   *
   * @param port 0: any free one
   */
  public static SimulatedServer start(EventLoop loop, int port, Model model) {
    return new SimulatedServer(loop, port, model);
  }

  /** {@code 127.0.0.1:port}. Any thread. */
  public String address() {
    return server.address();
  }

  /** Runs {@code task} on the event loop and waits for what it returns. Any other thread. */
  public <T extends @Nullable Object> T call(Callable<T> task) {
    return server.call(task);
  }

  /** The fault in force. On the loop. */
  public Fault fault() {
    return fault;
  }

  /** How many times slower the fault in force makes it. On the loop. */
  public double slowness() {
    return fault instanceof Fault.Slow(double factor) ? factor : 1;
  }

  /** Puts a fault in force, or lifts it, and returns when that is done. Any other thread. */
  public void fault(Fault next) {
    Fault last = call(() -> fault);
    if (last.equals(next)) {
      return;
    }
    if (next instanceof Fault.Dead) {
      call(
          () -> {
            fault = next;
            lives++;
            parked.clear();
            model.died();
            return true;
          });
      server.refuse();
      return;
    }
    if (last instanceof Fault.Dead) {
      server.listen();
    }
    call(
        () -> {
          fault = next;
          if (last instanceof Fault.Hanging) {
            model.awoke(System.nanoTime());
            List<Runnable> waiting = List.copyOf(parked);
            parked.clear();
            waiting.forEach(Runnable::run);
          }
          return true;
        });
  }

  /**
   * Runs {@code action} at {@code atNanos}, or when it wakes, unless it dies before. On the loop.
   */
  public void at(long atNanos, Runnable action) {
    long life = lives;
    var _ =
        loop.schedule(
            () ->
                whenAwake(
                    () -> {
                      if (life == lives) {
                        action.run();
                      }
                    }),
            Math.max(0, atNanos - System.nanoTime()),
            TimeUnit.NANOSECONDS);
  }

  private void handle(HttpCall call) {
    if (fault instanceof Fault.Dead) {
      call.reset(); // It came in between dying and closing the listener.
    } else {
      whenAwake(() -> model.handle(call));
    }
  }

  private void whenAwake(Runnable action) {
    if (fault instanceof Fault.Hanging) {
      parked.add(action);
    } else {
      action.run();
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
