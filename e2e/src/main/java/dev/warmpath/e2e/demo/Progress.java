package dev.warmpath.e2e.demo;

import dev.warmpath.e2e.load.LoadRun;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * Shows how far the demo is: a bar that moves on a terminal, a line for every fifth elsewhere. Not
 * thread-safe.
 */
final class Progress {
  private static final int WIDTH = 32;
  private static final int STEPS = 5;
  private static final long INTERVAL_NANOS = 100_000_000;

  private final PrintStream out;
  private final boolean terminal;
  private boolean barOpen;

  private Progress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** On standard error. */
  static Progress onStandardError() {
    return new Progress(System.err, isTerminal());
  }

  private static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException _) {
      return false; // No /proc: lines do everywhere.
    }
  }

  /** Says what happens now. */
  void say(String text) {
    endBar();
    out.println(text);
  }

  private void endBar() {
    if (barOpen) {
      out.println();
      barOpen = false;
    }
  }

  /**
   * Follows a run until it is done.
   *
   * @param total requests of the run
   * @param each called several times a second, with how many requests have ended
   */
  void follow(String what, LoadRun run, int total, IntConsumer each) {
    long beganNanos = System.nanoTime();
    int told = -1;
    boolean over;
    do {
      over = run.isDone();
      int completed = run.completed();
      each.accept(completed);
      int step = over ? STEPS : completed * STEPS / Math.max(1, total);
      if (terminal || step > told) {
        told = step;
        show(what, run, total, (System.nanoTime() - beganNanos) / 1e9);
      }
      if (!over) {
        LockSupport.parkNanos(INTERVAL_NANOS);
      }
    } while (!over && !Thread.currentThread().isInterrupted());
    endBar();
  }

  private void show(String what, LoadRun run, int total, double seconds) {
    int full = (int) ((long) WIDTH * run.completed() / Math.max(1, total));
    out.print(
        String.format(
            Locale.ROOT,
            "%s  %-12s [%s%s] %d/%d, %d failed, %.0f s%s",
            terminal ? "\r" : "",
            what,
            "#".repeat(full),
            ".".repeat(WIDTH - full),
            run.completed(),
            total,
            run.failed(),
            seconds,
            terminal ? "" : "\n"));
    out.flush();
    barOpen = terminal;
  }
}
